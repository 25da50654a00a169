from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.mesh.naming.names import dtabs

from clew.mesh.namerd.dtab_text import JSON, TEXT, BadDtab, read_body, show
from clew.mesh.naming.dtab import Dtab


@settings(deadline=None)
@given(dtabs)
def test_what_is_shown_can_be_sent(dtab: Dtab) -> None:
    for media_type in (JSON, TEXT):
        assert read_body(show(dtab, media_type).encode(), media_type) == dtab


def test_as_namerd_shows_them() -> None:
    dtab = Dtab.read("/svc => /#/io.l5d.fs ; /a/* => 0.9 * /b & 0.1 * /c")
    assert show(dtab, JSON) == (
        '[{"prefix":"/svc","dst":"/#/io.l5d.fs"},{"prefix":"/a/*","dst":"0.9*/b & 0.1*/c"}]\n'
    )
    assert show(dtab, TEXT) == "/svc=>/#/io.l5d.fs;/a/*=>0.9*/b & 0.1*/c\n"


@pytest.mark.parametrize(
    ("body", "media_type", "message"),
    [
        (b"/a = /b", TEXT, "Malformed dtab: '>' expected but ' ' found at '/a =[ ]/b'"),
        (b"\xff", TEXT, "Malformed dtab: "),
        (b"{}", JSON, "Malformed dtab: Expected `array`, got `object`"),
        (b"[", JSON, "Malformed dtab: Input data was truncated"),
        (b'[{"prefix": "/a"}]', JSON, "Malformed dtab: Object missing required field `dst`"),
        (b'[{"prefix": "/a", "dst": "/b;/c=>/d"}]', JSON, "Malformed dtab: end of input"),
        (b"/a => /b", "text/plain", "Unsupported content type 'text/plain'"),
    ],
)
def test_what_is_no_dtab_is_refused(body: bytes, media_type: str, message: str) -> None:
    with pytest.raises(BadDtab) as refused:
        read_body(body, media_type)
    assert refused.value.message.startswith(message)

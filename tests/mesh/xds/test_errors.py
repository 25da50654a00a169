from __future__ import annotations

from urllib.parse import unquote_plus

from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.config.linker import read_linker
from clew.mesh.naming.dtab import Dtab
from clew.mesh.xds.errors import cluster_note, encoded, local_replies, virtual_host_note


def test_what_envoy_fills_in_is_left_as_it_is() -> None:
    text = "no %REQ(l5d-dst-service)%: 100 of\n%UPSTREAM_HOST%!"
    assert encoded(text) == "no+%REQ(l5d-dst-service)%%%3A+100+of%%0A%UPSTREAM_HOST%%%21"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="%")))
def test_an_encoded_text_reads_back(text: str) -> None:
    assert unquote_plus(encoded(text).replace("%%", "%")) == text


def test_no_header_has_a_line_break() -> None:
    (router,) = read_linker(
        "routers: [{protocol: http, servers: [{port: 1}]}]", "linkerd.yaml"
    ).routers
    for mapper in local_replies(router, router.servers[0]).mappers:
        for option in mapper.headers_to_add:
            assert "\n" not in option.header.value


def test_what_a_header_prints_of_a_note_has_no_line_break() -> None:
    note = cluster_note(502, "first\r\nl5d-evil: second")
    assert note["l5d_err"] == "first%0D%0Al5d-evil%3A+second"
    dtab = Dtab.read("/a=>/b;/c=>/d")
    host = virtual_host_note(dtab, 10_000, crowded=False)
    assert host["base_dtab"] == "  /a => /b\n  /c => /d"
    assert "\n" not in host["base_dtab_encoded"] + host["unbound_encoded"]


def test_a_long_text_is_cut_for_the_header_and_kept_for_the_body() -> None:
    note = cluster_note(502, "x" * 100_000)
    assert len(str(note["l5d_err"])) == 2048
    assert len(str(note["err"])) == 100_000

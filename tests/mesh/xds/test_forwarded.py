from __future__ import annotations

import pytest

from clew.mesh.config.forwarded import (
    AddForwardedHeader,
    ConnectionRandomLabel,
    IpLabel,
    IpPortLabel,
    Labeler,
    RequestRandomLabel,
    RouterLabel,
    StaticLabel,
)
from clew.mesh.xds.forwarded import forwarded

SIDES = [
    (IpLabel(), "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"),
    (IpPortLabel(), '"%DOWNSTREAM_LOCAL_ADDRESS%"'),
    (RequestRandomLabel(), "_%UNIQUE_ID%"),
    (ConnectionRandomLabel(), "_%CONNECTION_ID%"),
    (RouterLabel(), "_100%%"),
    (StaticLabel(label="a%b"), "_a%%b"),
]


@pytest.mark.parametrize(("labeler", "text"), SIDES)
def test_how_this_side_is_written(labeler: Labeler, text: str) -> None:
    header = forwarded(AddForwardedHeader(by=labeler, for_=StaticLabel(label="x")), "100%")
    assert header == f"by={text};for=_x;host=%REQ(:authority)%"


def test_the_other_side_is_the_peer_of_the_connection() -> None:
    header = forwarded(AddForwardedHeader(by=StaticLabel(label="x"), for_=IpLabel()), "out")
    assert header == (
        "by=_x;for=%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%;host=%REQ(:authority)%"
    )

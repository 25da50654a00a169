"""``addForwardedHeader``: how a server names itself and its client in ``Forwarded``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from clew.mesh.config.section import DefaultKind, KindSection, Section


class _Labeler(KindSection, frozen=True, kw_only=True):
    """How one side is written."""


class IpLabel(_Labeler, frozen=True, kw_only=True, tag="ip"):
    """``10.1.2.3``"""


class IpPortLabel(_Labeler, frozen=True, kw_only=True, tag="ip:port"):
    """``"10.1.2.3:4140"``"""


class RequestRandomLabel(_Labeler, frozen=True, kw_only=True, tag="requestRandom"):
    """Six random characters, new for each request."""


class ConnectionRandomLabel(_Labeler, frozen=True, kw_only=True, tag="connectionRandom"):
    """Six random characters, new for each connection."""


class RouterLabel(_Labeler, frozen=True, kw_only=True, tag="router"):
    """The router's label."""


class StaticLabel(_Labeler, frozen=True, kw_only=True, tag="static"):
    """Always the same."""

    label: str


Labeler = Annotated[
    IpLabel | IpPortLabel | RequestRandomLabel | ConnectionRandomLabel | RouterLabel | StaticLabel,
    DefaultKind("requestRandom"),
]


class AddForwardedHeader(Section, frozen=True, kw_only=True):
    """Present, even empty, means that the header is added."""

    by: Labeler = RequestRandomLabel()
    for_: Labeler = msgspec.field(default=RequestRandomLabel(), name="for")

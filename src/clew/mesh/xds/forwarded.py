"""The ``Forwarded`` header (RFC 7239) as a format of Envoy's."""

from __future__ import annotations

from typing import assert_never

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


def forwarded(added: AddForwardedHeader, router_label: str) -> str:
    """``by=…;for=…;host=…``"""
    by = _written(added.by, "DOWNSTREAM_LOCAL", router_label)
    client = _written(added.for_, "DOWNSTREAM_DIRECT_REMOTE", router_label)
    return f"by={by};for={client};host=%REQ(:authority)%"


def _written(labeler: Labeler, side: str, router_label: str) -> str:
    match labeler:
        case IpLabel():
            return f"%{side}_ADDRESS_WITHOUT_PORT%"
        case IpPortLabel():
            return f'"%{side}_ADDRESS%"'
        case RequestRandomLabel():
            return "_%UNIQUE_ID%"
        case ConnectionRandomLabel():
            return "_%CONNECTION_ID%"
        case RouterLabel():
            return "_" + router_label.replace("%", "%%")
        case StaticLabel(label=label):
            return "_" + label.replace("%", "%%")
    assert_never(labeler)

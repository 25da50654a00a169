"""The other side of a call, which OTLP tells in attributes."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from clew.span.model import Endpoint, Kind
from clew.span.normal import new_endpoint, read_address

_PEERS = (
    ("peer.service", ""),
    ("server.address", "server.port"),
    ("net.peer.name", "net.peer.port"),
    ("network.peer.address", "network.peer.port"),
    ("server.socket.domain", "server.socket.port"),
    ("server.socket.address", "server.socket.port"),
    ("net.sock.peer.name", "net.sock.peer.port"),
    ("net.sock.peer.addr", "net.sock.peer.port"),
    ("peer.hostname", ""),
    ("peer.address", ""),
    ("db.name", ""),
)
"""Who is called, and at which port: by OpenTelemetry's rank, the first that is there."""
_CALLERS = (
    ("client.address", "client.port"),
    ("network.peer.address", "network.peer.port"),
    ("net.sock.peer.addr", "net.sock.peer.port"),
)
"""Who calls. They are addresses: a server does not know its callers' names."""
_LONGEST_KEPT = 512
"""Characters of an endpoint that is remembered: few distinct ones make up any traffic."""


def remote_endpoint(kind: Kind | None, tags: Mapping[str, str]) -> Endpoint | None:
    """The remote endpoint of a span with these attributes; None when nothing tells it.

    A consumer has one as a producer does: the broker. Internal work has none.
    """
    if kind is None:
        return None
    if kind is Kind.SERVER:
        for key, port in _CALLERS:
            address = tags.get(key, "")
            if any(read_address(address)):
                return _endpoint("", address, tags.get(port, ""))
        return None
    for key, port in _PEERS:
        if name := tags.get(key):
            return _endpoint(name, name, tags.get(port, ""))
    return None


def _endpoint(name: str, address: str, port: str) -> Endpoint | None:
    if len(name) + len(address) + len(port) <= _LONGEST_KEPT:
        return _known_endpoint(name, address, port)
    return _new_endpoint(name, address, port)


def _new_endpoint(name: str, address: str, port: str) -> Endpoint | None:
    number = int(port) if port.isascii() and port.isdecimal() and len(port) <= 5 else 0
    return new_endpoint(service_name=name, ipv4=address, port=number if number <= 0xFFFF else None)


_known_endpoint = functools.lru_cache(maxsize=4096)(_new_endpoint)

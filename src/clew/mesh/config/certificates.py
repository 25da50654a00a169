"""Which certificates a linker file needs."""

from __future__ import annotations

from collections.abc import Iterator

from clew.mesh.config.authority import Authority
from clew.mesh.config.client import GlobalClient, StaticClient
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import Router
from clew.mesh.config.tls import (
    AutoClientTls,
    AutoServerTls,
    Certificate,
    ClientTls,
    IngressServerTls,
    ServerTls,
)


def certificates(linker: Linker) -> tuple[Certificate, ...]:
    """The files that the routers need, each once. The admin port reads its own."""
    return tuple(dict.fromkeys(each for router in linker.routers for each in _named(router)))


def uses_authority(router: Router) -> bool:
    """Whether some ``tls`` of it is ``auto``."""
    return any(isinstance(server.tls, AutoServerTls) for server in router.servers) or any(
        isinstance(tls, AutoClientTls) for tls in _clients(router.client)
    )


def used_authority(linker: Linker) -> Authority | None:
    """None when nothing of the file uses it."""
    return linker.authority if any(map(uses_authority, linker.routers)) else None


def _named(router: Router) -> Iterator[Certificate]:
    for server in router.servers:
        if isinstance(server.tls, IngressServerTls) and server.tls.key_pair is not None:
            yield server.tls.key_pair
        if isinstance(server.tls, ServerTls):
            yield from server.tls.certificates
    for tls in _clients(router.client):
        if isinstance(tls, ClientTls) and tls.enabled:
            if tls.key_pair is not None:
                yield tls.key_pair
            if tls.authorities is not None:
                yield tls.authorities


def _clients(client: GlobalClient | StaticClient) -> Iterator[ClientTls | AutoClientTls]:
    policies = client.configs if isinstance(client, StaticClient) else (client,)
    for policy in policies:
        if policy.tls is not None:
            yield policy.tls

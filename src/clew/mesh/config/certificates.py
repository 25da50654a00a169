"""Which certificates a linker file names."""

from __future__ import annotations

from collections.abc import Iterator

from clew.mesh.config.client import GlobalClient, StaticClient
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import Router
from clew.mesh.config.tls import Certificate, ClientTls


def certificates(linker: Linker) -> tuple[Certificate, ...]:
    """What the routers need, each once. The admin port reads its own."""
    return tuple(dict.fromkeys(each for router in linker.routers for each in _named(router)))


def _named(router: Router) -> Iterator[Certificate]:
    for server in router.servers:
        if server.tls is not None:
            yield server.tls.key_pair
            if server.tls.authorities is not None:
                yield server.tls.authorities
    for tls in _clients(router.client):
        if tls.enabled:
            if tls.key_pair is not None:
                yield tls.key_pair
            if tls.authorities is not None:
                yield tls.authorities


def _clients(client: GlobalClient | StaticClient) -> Iterator[ClientTls]:
    policies = client.configs if isinstance(client, StaticClient) else (client,)
    for policy in policies:
        if policy.tls is not None:
            yield policy.tls

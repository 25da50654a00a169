"""How a listener treats connections: in plain text, by TLS, by either, or by the host asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from envoy.config.listener.v3 import listener_components_pb2
from envoy.extensions.filters.listener.tls_inspector.v3 import tls_inspector_pb2

from clew.mesh.config.server import H2Server, Server
from clew.mesh.config.tls import AutoServerTls, IngressServerTls
from clew.mesh.xds.ingress_tls import Chain
from clew.mesh.xds.secrets import secret_ref
from clew.mesh.xds.snapshot import Ref, pack
from clew.mesh.xds.tls import host_tls, refers, server_tls

_FilterChain = listener_components_pb2.FilterChain
_Match = listener_components_pb2.FilterChainMatch


def filter_chains(server: Server, by_host: Sequence[Chain], connections: Any) -> Iterator[Any]:
    """``by_host`` are those of ``tls: ingress``; ``connections`` is what HTTP is taken by."""
    filters = [listener_components_pb2.Filter(name="http", typed_config=connections)]
    http2 = isinstance(server, H2Server)
    match server.tls:
        case None:
            yield _FilterChain(filters=filters)
        case IngressServerTls() as tls:
            yield from (_of_hosts(chain, tls, filters, http2) for chain in by_host)
        case AutoServerTls(permissive=True) as tls:
            yield _FilterChain(
                filter_chain_match=_Match(transport_protocol="tls"),
                filters=filters,
                transport_socket=server_tls(tls, http2=http2),
            )
            yield _FilterChain(
                filter_chain_match=_Match(transport_protocol="raw_buffer"), filters=filters
            )
        case tls:
            yield _FilterChain(filters=filters, transport_socket=server_tls(tls, http2=http2))


def listener_filters(server: Server) -> Iterator[Any]:
    """Where chains differ in what a client says first."""
    match server.tls:
        case IngressServerTls() | AutoServerTls(permissive=True):
            yield listener_components_pb2.ListenerFilter(
                name="tls inspector", typed_config=pack(tls_inspector_pb2.TlsInspector())
            )


def secrets(server: Server, by_host: Sequence[Chain]) -> tuple[Ref, ...]:
    """Those that the chains need."""
    match server.tls:
        case None:
            return ()
        case IngressServerTls():
            return tuple(secret_ref(chain.secret) for chain in by_host if chain.secret)
        case tls:
            return refers(tls)


def _of_hosts(chain: Chain, tls: IngressServerTls, filters: Sequence[Any], http2: bool) -> Any:
    """Envoy closes the connections of a chain without filters."""
    match = _Match(server_names=chain.hosts)
    if not chain.secret:
        return _FilterChain(filter_chain_match=match)
    return _FilterChain(
        filter_chain_match=match,
        filters=filters,
        transport_socket=host_tls(tls, chain.secret, http2=http2),
    )

"""Listeners: a port of a router, how its requests get their name, and what headers go and come.

An LDS change drains connections, so here is only what cannot be said in the routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

from envoy.config.core.v3 import address_pb2, extension_pb2, protocol_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.filters.http.adaptive_concurrency.v3 import adaptive_concurrency_pb2
from envoy.extensions.filters.http.on_demand.v3 import on_demand_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.http.upstream_codec.v3 import upstream_codec_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2
from google.protobuf.duration_pb2 import Duration

from clew.mesh.config.router import HttpRouter, Router
from clew.mesh.config.server import H2Server, Server
from clew.mesh.config.tls import AutoServerTls, IngressServerTls
from clew.mesh.xds import ingress, linkerd_trace
from clew.mesh.xds.access_log import access_log
from clew.mesh.xds.answers import ANSWERS_FILTER, cleaned
from clew.mesh.xds.call_depth import call_depth
from clew.mesh.xds.compression import compression
from clew.mesh.xds.deadlines import attempts, deadlines, limits_attempts, limits_time
from clew.mesh.xds.durations import millis
from clew.mesh.xds.errors import OVERRIDE, local_replies
from clew.mesh.xds.filter_chains import filter_chains, listener_filters, secrets
from clew.mesh.xds.forwarded import forwarded
from clew.mesh.xds.headers import (
    add_line,
    early,
    in_filter,
    remove,
    remove_all,
    set_absent,
    set_to,
)
from clew.mesh.xds.identifiers import (
    consumes,
    identified,
    prepared,
    rest_of_path,
    way,
)
from clew.mesh.xds.ingress_tls import CertificatesBy, Chain, chains
from clew.mesh.xds.latency_log import latency_log, needs_latencies
from clew.mesh.xds.matching import first_of
from clew.mesh.xds.metadata import NAMESPACE
from clew.mesh.xds.names import logical_prefix, name_prefix
from clew.mesh.xds.overrides import overrides
from clew.mesh.xds.policies import REFUSAL, REFUSAL_FORMAT
from clew.mesh.xds.router_context import CONTEXT_FILTER, router_context
from clew.mesh.xds.routes import (
    CLUSTER_HEADER,
    GATE_FILTER,
    ON_DEMAND_FILTER,
    REQUEST_ID,
    REST,
    SCHEME,
)
from clew.mesh.xds.snapshot import ROUTE, Resource, pack
from clew.mesh.xds.sources import ads_source
from clew.mesh.xds.tracing import tracing

_OWN = "clew-"
"""Headers that carry something from one step to another. None comes in and none goes out."""

HEAD_KB = 12
"""The longest head of an h2 request when the file does not say; of http requests it is the same."""
AUTO_LIFE_MS = 86_400_000
"""Of a connection with ``tls: auto`` when the file does not say: no longer than a certificate, as
who has connected is not asked again."""
SLOW_HEADERS_SECONDS = 30
"""A client that takes longer to send its headers gets a 408."""


def server_key(router: Router, index: int) -> str:
    """Names a server's listener, and the server in its spans."""
    return f"{router.label}/{index}"


def listener(
    router: Router,
    index: int,
    latencies: str = "",
    certificates: CertificatesBy = MappingProxyType({}),
) -> Resource:
    """The listener of ``router.servers[index]``. ``latencies`` is the file for the latency log;
    ``certificates`` are those of the hosts of Ingresses."""
    server = router.servers[index]
    key = server_key(router, index)
    by_host: Sequence[Chain] = ()
    if isinstance(server.tls, IngressServerTls):
        by_host = chains(router, server.tls, certificates)
    connections = _connections(router, server, key, latencies)
    return Resource.of(
        key,
        listener_pb2.Listener(
            name=key,
            address=address_pb2.Address(
                socket_address=address_pb2.SocketAddress(
                    address=server.ip, port_value=server.port, ipv4_compat=server.ip == "::"
                )
            ),
            # else a second process would share the port in silence
            enable_reuse_port={"value": False},
            listener_filters=list(listener_filters(server)),
            filter_chains=list(filter_chains(server, by_host, pack(connections))),
        ),
        refers=((ROUTE, router.label), *secrets(server, by_host)),
    )


def _connections(router: Router, server: Server, key: str, latencies: str) -> Any:
    manager = http_connection_manager_pb2.HttpConnectionManager
    return manager(
        stat_prefix=key.replace(".", "~"),
        rds=http_connection_manager_pb2.Rds(
            route_config_name=router.label, config_source=ads_source()
        ),
        http2_protocol_options=_http2(server) if isinstance(server, H2Server) else None,
        http_protocol_options={"accept_http_10": True, "allow_absolute_url": {"value": True}},
        early_header_mutation_extensions=[
            _extension(
                "envoy.http.early_header_mutation.header_mutation", early(_early(router, server))
            )
        ],
        http_filters=list(_filters(router, server, latencies)),
        upgrade_configs=[manager.UpgradeConfig(upgrade_type="websocket")],
        local_reply_config=local_replies(router, server),
        tracing=tracing(key),
        via="1.1 linkerd",
        server_header_transformation=manager.PASS_THROUGH,
        max_request_headers_kb={"value": _head_kb(router, server)},
        # Linkerd never gives up on a quiet stream; Envoy would after five minutes
        stream_idle_timeout=Duration(),
        request_headers_timeout=Duration(seconds=SLOW_HEADERS_SECONDS),
        common_http_protocol_options=_session(server),
    )


def _head_kb(router: Router, server: Server) -> int:
    """The longest head of a request."""
    if isinstance(router, HttpRouter):
        return router.max_headers_kb + router.max_initial_line_kb
    longest = server.max_header_list_bytes if isinstance(server, H2Server) else None
    return HEAD_KB if longest is None else -(-longest // 1024)


def _http2(server: H2Server) -> Any:
    options = protocol_pb2.Http2ProtocolOptions(
        max_concurrent_streams={"value": server.max_concurrent_streams_per_connection},
        initial_stream_window_size={"value": server.initial_stream_window_bytes},
    )
    if server.header_table_bytes is not None:
        options.hpack_table_size.value = server.header_table_bytes
    return options


def _session(server: Server) -> dict[str, Any]:
    session = server.server_session
    auto_life = AUTO_LIFE_MS if isinstance(server.tls, AutoServerTls) else None
    limits = {
        "idle_timeout": session.idle_time_ms,
        "max_connection_duration": auto_life
        if session.life_time_ms is None
        else session.life_time_ms,
        "max_stream_duration": server.timeout_ms,
    }
    options = {key: millis(value) for key, value in limits.items() if value is not None}
    return {"idle_timeout": Duration(), **options}


def _early(router: Router, server: Server) -> Iterator[Any]:
    yield remove_all(_OWN)
    # a client behind the mesh is not trusted to steer Envoy's retries and timeouts
    yield remove_all("x-envoy-")
    if server.clear_context:
        yield remove_all("l5d-")
        yield from (remove("traceparent"), remove("b3"), remove_all("x-b3-"))
    yield from (remove("l5d-dst-client"), remove("l5d-dst-residual"), remove("l5d-reqid"))
    # a span id in any of the three continues the trace; B3 wins, then the W3C header
    if router.linkerd_trace_context:
        yield from linkerd_trace.read()
    else:
        yield set_absent("traceparent", f"%REQ({linkerd_trace.HEADER})%")
    yield from _name(router)
    if server.add_forwarded_header is not None:
        yield add_line("forwarded", forwarded(server.add_forwarded_header, router.label))
    if server.timestamp_header is not None:
        yield set_to(server.timestamp_header, "%START_TIME(%s%3f)%")
    # Envoy samples by x-request-id, so it makes its own and gets the client's back later
    yield set_to(REQUEST_ID, "%REQ(x-request-id)%")
    yield remove("x-request-id")
    yield set_to(SCHEME, "%REQ(x-forwarded-proto)%")


def _name(router: Router) -> Iterator[Any]:
    yield from prepared(router.identifier)
    yield from ingress.early(router)
    name = identified(router.identifier)
    yield set_to("l5d-dst-service", f"{_literal(logical_prefix(router))}{name}")
    yield set_to(
        CLUSTER_HEADER,
        f"{_literal(name_prefix(router))}{name}{way(router.identifier)}",
    )
    if consumes(router.identifier):
        yield set_to(REST, rest_of_path(router.identifier))


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _filters(router: Router, server: Server, latencies: str) -> Iterator[Any]:
    if server.clear_context:
        yield _filter("clear", in_filter(response=[remove_all("l5d-")]))
    yield _filter(
        ANSWERS_FILTER,
        cleaned(
            connection_options=isinstance(router, HttpRouter), mesh_errors=server.clear_context
        ),
    )
    if isinstance(router, HttpRouter) and router.compression_level > 0:
        yield _filter("compression", compression(router.compression_level))
    if server.max_concurrent_requests:
        yield _filter("concurrency", _at_most(server.max_concurrent_requests))
    # before what reads the name of the cluster
    rare = first_of([call_depth(server.max_call_depth), overrides(CLUSTER_HEADER)])
    yield _filter("rare requests", rare)
    for name, filter in ingress.filters(router, cluster_header=CLUSTER_HEADER, rest=REST):
        yield _filter(name, filter)
    yield _filter(GATE_FILTER, rbac_pb2.RBAC(), disabled=True)
    yield _filter(ON_DEMAND_FILTER, on_demand_pb2.OnDemand())
    if limits_attempts(router):
        yield _filter("attempts", attempts())
    yield _filter(CONTEXT_FILTER, router_context(router.label, CLUSTER_HEADER), disabled=True)
    yield _filter(
        "envoy.filters.http.router",
        router_pb2.Router(
            suppress_envoy_headers=True,
            upstream_log=list(_logs(router, latencies)),
            upstream_http_filters=[
                *([_filter("deadlines", deadlines())] if limits_time(router) else []),
                *(
                    [_filter("linkerd trace", linkerd_trace.write())]
                    if router.linkerd_trace_context
                    else []
                ),
                _filter("upstream headers", in_filter(_upstream(router), _refusal())),
                _filter("envoy.filters.http.upstream_codec", upstream_codec_pb2.UpstreamCodec()),
            ],
        ),
    )


def _logs(router: Router, latencies: str) -> Iterator[Any]:
    if router.http_access_log:
        yield access_log(router.http_access_log)
    if needs_latencies(router):
        yield latency_log(latencies)


def _upstream(router: Router) -> Iterator[Any]:
    """Runs for each try, after the tracer has written this try's span into the headers."""
    if not router.linkerd_trace_context:
        yield set_to(linkerd_trace.HEADER, "%REQ(traceparent)%")
    yield set_to("l5d-ctx-dtab", f"%METADATA(CLUSTER:{NAMESPACE}:{OVERRIDE})%")
    yield set_to("l5d-dst-client", f"%UPSTREAM_METADATA({NAMESPACE}:id)%")
    yield set_to("l5d-dst-residual", f"%UPSTREAM_METADATA({NAMESPACE}:residual)%")
    yield remove_all(_OWN)


def _refusal() -> Iterator[Any]:
    yield set_to(REFUSAL, REFUSAL_FORMAT)


def _at_most(requests: int) -> Any:
    """A fixed limit from the adaptive filter: it never measures again after the first request."""
    settings = adaptive_concurrency_pb2.GradientControllerConfig
    return adaptive_concurrency_pb2.AdaptiveConcurrency(
        gradient_controller_config=settings(
            sample_aggregate_percentile={"value": 50},
            concurrency_limit_params=settings.ConcurrencyLimitCalculationParams(
                max_concurrency_limit={"value": requests},
                concurrency_update_interval=Duration(seconds=3600),
            ),
            min_rtt_calc_params=settings.MinimumRTTCalculationParams(
                interval=Duration(seconds=86_400),
                request_count={"value": 1},
                min_concurrency={"value": requests},
                jitter={"value": 0},
            ),
        )
    )


def _filter(name: str, config: Any, *, disabled: bool = False) -> Any:
    """``disabled``: it is there only for the routes that configure it."""
    return http_connection_manager_pb2.HttpFilter(
        name=name, typed_config=pack(config), disabled=disabled
    )


def _extension(name: str, config: Any) -> Any:
    return extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(config))

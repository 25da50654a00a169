"""The bootstrap: all that Envoy is told before it asks. The rest comes over delta ADS. Pure."""

from __future__ import annotations

from typing import Any

from clew.mesh.envoy.sockets import Sockets
from clew.mesh.envoy.unread import UNREAD

XDS_CLUSTER = "xds"
"""The static cluster of our control plane; listeners and routes name it as a gRPC source."""
SPANS_CLUSTER = "spans"
"""The static cluster of our relay; the tracer names it as its collector."""
CONTEXT_CLUSTER = "context"
"""The static cluster that tells what became of a diagnostic ``TRACE``."""

_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_CONNECTION_CAP = "envoy.resource_monitors.global_downstream_max_connections"


def bootstrap(node_id: str, sockets: Sockets, *, max_connections: int = 50_000) -> dict[str, Any]:
    """The document for ``envoy --config-path``, as JSON. Nothing in it listens on TCP.

    ``max_connections`` is the number of client connections over all listeners; more are reset.
    """
    return {
        "node": {"id": node_id, "cluster": "clew"},
        "admin": {"address": {"pipe": {"path": str(sockets.admin), "mode": 0o600}}},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "transport_api_version": "V3",
                "set_node_on_first_message_only": True,
                "grpc_services": [{"envoy_grpc": {"cluster_name": XDS_CLUSTER}}],
            },
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
        },
        "static_resources": {
            "clusters": [
                _unix_cluster(XDS_CLUSTER, sockets.xds.as_posix(), http2=True),
                _unix_cluster(SPANS_CLUSTER, sockets.spans.as_posix(), http2=False),
                {
                    **_unix_cluster(CONTEXT_CLUSTER, sockets.context.as_posix(), http2=False),
                    "circuit_breakers": {"thresholds": [_FEW_AT_ONCE]},
                },
            ]
        },
        "stats_config": {
            "stats_matcher": {"exclusion_list": {"patterns": [{"safe_regex": {"regex": UNREAD}}]}}
        },
        "layered_runtime": {
            "layers": [
                {"name": "clew", "static_layer": _RUNTIME},
                {"name": "admin", "admin_layer": {}},
            ]
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": _CONNECTION_CAP,
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors"
                        ".downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": max_connections,
                    },
                }
            ]
        },
    }


_FEW_AT_ONCE = {"max_connections": 4, "max_requests": 4, "max_pending_requests": 16}
"""Any client may send a ``TRACE``, and who answers here has more important things to do."""
_RUNTIME = {
    # Envoy's own 5 spans or 5 s would split one trace over two posts
    "tracing.zipkin.flush_interval_ms": 300,
    "tracing.zipkin.min_flush_spans": 250,
    # the Via pattern behind maxCallDepth is larger than Envoy's limit of 100
    "re2.max_program_size.error_level": 10_000,
    "re2.max_program_size.warn_level": 10_000,
}


def _unix_cluster(name: str, socket: str, *, http2: bool) -> dict[str, Any]:
    cluster: dict[str, Any] = {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": socket}}}}]}
            ],
        },
    }
    if http2:
        cluster["typed_extension_protocol_options"] = {
            _HTTP_OPTIONS: {
                "@type": f"type.googleapis.com/{_HTTP_OPTIONS}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        }
    return cluster

"""How Envoy traces a server: what it samples with, whom it reports to, which tags it sends.

Every byte of a span is paid for by the request that it tells about, so Envoy sends only what it
alone knows, under short names; :mod:`clew.mesh.relay.enrich` reads them and writes Linkerd's tags.
A tag whose value would be empty is not sent; values that are the same in many spans share a tag.
"""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.trace.v3.trace_pb2 import Tracing as Provider
from envoy.config.trace.v3.zipkin_pb2 import ZipkinConfig
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm,
)
from envoy.type.tracing.v3.custom_tag_pb2 import CustomTag
from envoy.type.v3.percent_pb2 import Percent
from google.protobuf.wrappers_pb2 import BoolValue

SPANS_CLUSTER = "spans"
"""The cluster of the relay's socket; the bootstrap has it under this name."""

SERVER_KEY = "k"
"""``<router label>/<server index>``: which server's facts belong to the span."""
LOGICAL_NAME = "svc"
"""``/svc/hello``"""
LOCAL_DTAB = "dtab"
CLIENT_ID = "id"
"""``/%/io.l5d.port/4141/#/io.l5d.fs/hello``: the endpoint's metadata, so absent without one."""
RESIDUAL = "res"
ERROR = "err"
"""``l5d-err`` of the response, made here or further on."""
CONNECT_FAILURE = "fail"
"""Why no connection could be made."""
PEER = "peer"
"""``ip:port`` of the TCP peer; Envoy's own ``peer.address`` believes X-Forwarded-For."""
METHOD = "m"
HOST = "h"
URI = "u"
"""The path with its query."""
REQUEST_TYPE, REQUEST_LENGTH = "qt", "ql"
RESPONSE_TYPE, RESPONSE_LENGTH = "rt", "rl"
SAMPLE_RATE = "rate"
"""The rate of the route that the request took: ``rate`` in the route's metadata ``clew``."""

# A length after the colon cuts what a client could blow up.
_FORMATS = {
    LOGICAL_NAME: "%REQ(l5d-dst-service):1024%",
    LOCAL_DTAB: "%REQ(l5d-ctx-dtab):4096%",
    CLIENT_ID: "%UPSTREAM_METADATA(clew:id)%",
    RESIDUAL: "%UPSTREAM_METADATA(clew:residual)%",
    ERROR: "%RESP(l5d-err):1024%",
    CONNECT_FAILURE: "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    PEER: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
    METHOD: "%REQ(:method):64%",
    HOST: "%REQ(:authority):256%",
    URI: "%REQ(:path):2048%",
    REQUEST_TYPE: "%REQ(content-type):256%",
    REQUEST_LENGTH: "%REQ(content-length):32%",
    RESPONSE_TYPE: "%RESP(content-type):256%",
    RESPONSE_LENGTH: "%RESP(content-length):32%",
    SAMPLE_RATE: "%METADATA(ROUTE:clew:rate)%",
}

WHERE, WHAT = "w", "a"
_JOINED = {
    # the server's key comes last, as a label may hold anything
    WHERE: (LOGICAL_NAME, LOCAL_DTAB, CLIENT_ID, RESIDUAL, SAMPLE_RATE, SERVER_KEY),
    WHAT: (METHOD, HOST, REQUEST_TYPE, RESPONSE_TYPE),
}
_JOINT = "\n"
"""Neither a header nor a path has it."""


def spread(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a span with each value under its own name."""
    found = dict(tags)
    for joined, names in _JOINED.items():
        if joined in tags:
            values = found.pop(joined).split(_JOINT, len(names) - 1)
            found |= {name: value for name, value in zip(names, values, strict=False) if value}
    return found


def tracing(server_key: str) -> hcm.HttpConnectionManager.Tracing:
    """The tracing of one server's connections. How much is sampled is said by its routes.

    One span for the server and one for each try, never sharing ids, as Linkerd makes them. What
    comes in as B3 or ``traceparent`` is continued; both are sent on.
    """
    escaped = server_key.replace("%", "%%")
    zipkin = ZipkinConfig(
        collector_cluster=SPANS_CLUSTER,
        collector_endpoint="/api/v2/spans",
        collector_endpoint_version=ZipkinConfig.HTTP_PROTO,
        trace_id_128bit=True,
        shared_span_context=BoolValue(value=False),
        trace_context_option=ZipkinConfig.USE_B3_WITH_W3C_PROPAGATION,
    )
    provider = Provider.Http(name="envoy.tracers.zipkin")
    provider.typed_config.Pack(zipkin)
    return hcm.HttpConnectionManager.Tracing(
        spawn_upstream_span=BoolValue(value=True),
        client_sampling=Percent(value=0),  # else any client's x-client-trace-id forces sampling
        operation=f"{escaped.rpartition('/')[0]} %REQ(l5d-dst-service):256%",
        upstream_operation="%REQ(:method):64% %PATH(NQ):256%",
        custom_tags=[
            CustomTag(tag=tag, value=value) for tag, value in _custom_tags(escaped).items()
        ],
        provider=provider,
    )


def _custom_tags(server_key: str) -> dict[str, str]:
    """The format of each tag."""
    formats = {**_FORMATS, SERVER_KEY: server_key}
    joined = {
        tag: _JOINT.join(formats.pop(name) for name in names) for tag, names in _JOINED.items()
    }
    return joined | formats

"""The load in OTLP: each span as an SDK of OpenTelemetry tells it, with as many tags when stored.

The node is told by the resource, and the scope makes two tags; in their place go the method, which
the name begins with, and what only a mesh knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter

from clew.span.model import Kind, Span
from clew.span.otlp_messages import (
    AnyValue,
    ExportTraceServiceRequest,
    KeyValue,
    ResourceSpans,
    ScopeSpans,
    SpanMessage,
)

_KINDS = {Kind.SERVER: 2, Kind.CLIENT: 3}
_ERROR = 2
_SCOPE = b"shop"
_TOLD_ELSEWHERE = ("error", "http.host", "http.method", "mesh.dst", "node_id")


def encode_list(spans: Iterable[Span]) -> bytes:
    """An ``ExportTraceServiceRequest``: one resource a service."""
    service = attrgetter("local_endpoint.service_name")
    request = ExportTraceServiceRequest()
    for name, its in groupby(sorted(spans, key=service), service):
        scope = ScopeSpans(spans=map(_span, its))
        scope.scope.name = _SCOPE
        resource = ResourceSpans(scope_spans=[scope.SerializeToString()])
        about = {"service.name": name, "node_id": f"{name}.shop~shop.local"}
        resource.resource.attributes.extend(_attributes(about))
        request.resource_spans.append(resource.SerializeToString())
    encoded: bytes = request.SerializeToString()
    return encoded


def _span(span: Span) -> bytes:
    assert span.kind
    assert span.timestamp
    assert span.duration
    # no two sides share an id here: the server's span has the one of the load
    client = (int(span.id, 16) ^ 1).to_bytes(8)
    server = bytes.fromhex(span.id)
    called = span.kind is Kind.SERVER
    tags = {key: span.tags[key] for key in span.tags if key not in _TOLD_ELSEWHERE}
    remote = span.remote_endpoint
    assert remote
    # in place of the host, as the side that is not the span's own has no field but attributes
    other = (
        {"client.address": remote.ipv4 or ""}
        if called
        else {"server.address": remote.service_name or ""}
    )
    message = SpanMessage(
        trace_id=bytes.fromhex(span.trace_id.zfill(32)),
        span_id=server if called else client,
        parent_span_id=client if called else bytes.fromhex(span.parent_id or ""),
        name=(span.name or "").encode(),
        kind=_KINDS[span.kind],
        start_time_unix_nano=span.timestamp * 1000,
        end_time_unix_nano=(span.timestamp + span.duration) * 1000,
        attributes=_attributes(other | tags),
    )
    if "error" in span.tags:
        message.status.code = _ERROR
    encoded: bytes = message.SerializeToString()
    return encoded


def _attributes(tags: Mapping[str, str]) -> list[bytes]:
    return [
        KeyValue(
            key=key.encode(), value=AnyValue(string_value=value.encode()).SerializeToString()
        ).SerializeToString()
        for key, value in tags.items()
    ]

"""Spans as OTLP's ``ExportTraceServiceRequest``, for collectors that take nothing else.

By OpenTelemetry's names for what Zipkin's model says in fields; docs/otlp.md has the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from clew.span.model import Annotation, Kind, Span
from clew.span.otlp import UNKNOWN_SERVICE
from clew.span.otlp_messages import (
    AnyValue,
    EventMessage,
    ExportTraceServiceRequest,
    KeyValue,
    ResourceSpans,
    ScopeSpans,
    SpanMessage,
)

_KINDS = {None: 1, Kind.SERVER: 2, Kind.CLIENT: 3, Kind.PRODUCER: 4, Kind.CONSUMER: 5}
"""Without a kind it is work inside of a service, which is INTERNAL."""
_ERROR = 2


def encode(spans: Iterable[Span]) -> bytes:
    """A request in protobuf, with a resource for each service in the order of their first spans.

    Of the local endpoint only the name is said. Who shares an id goes on sharing it.
    """
    by_service: dict[str, list[bytes]] = defaultdict(list)
    for span in spans:
        by_service[span.service or UNKNOWN_SERVICE].append(_span(span))
    request = ExportTraceServiceRequest(
        resource_spans=[_resource_spans(name, own) for name, own in by_service.items()]
    )
    return _bytes(request)


def _resource_spans(service: str, spans: list[bytes]) -> bytes:
    message = ResourceSpans(scope_spans=[_bytes(ScopeSpans(spans=spans))])
    message.resource.attributes.append(_attribute("service.name", service))
    return _bytes(message)


def _span(span: Span) -> bytes:
    start = span.timestamp or 0
    message = SpanMessage(
        trace_id=bytes.fromhex(span.trace_id.rjust(32, "0")),
        span_id=bytes.fromhex(span.id),
        parent_span_id=bytes.fromhex(span.parent_id or ""),
        name=(span.name or "").encode(),
        kind=_KINDS[span.kind],
        start_time_unix_nano=_nanos(start),
        end_time_unix_nano=_nanos(start + (span.duration or 0)),
        attributes=[_attribute(key, value) for key, value in _attributes(span).items()],
        events=map(_event, span.annotations),
    )
    if (error := span.tags.get("error")) is not None:
        message.status.code = _ERROR
        message.status.message = error.encode()
    return _bytes(message)


def _attributes(span: Span) -> dict[str, str | int]:
    """A tag of its own says more than the endpoint."""
    said: dict[str, str | int] = {}
    if remote := span.remote_endpoint:
        side = "client" if span.kind is Kind.SERVER else "network.peer"
        if address := remote.ipv4 or remote.ipv6:
            said[f"{side}.address"] = address
        if remote.port:
            said[f"{side}.port"] = remote.port
        if remote.service_name:
            said["peer.service"] = remote.service_name
    said |= span.tags
    said.pop("error", None)  # it is the status
    return said


def _event(annotation: Annotation) -> bytes:
    message = EventMessage(
        time_unix_nano=_nanos(annotation.timestamp), name=annotation.value.encode()
    )
    return _bytes(message)


def _attribute(key: str, value: str | int) -> bytes:
    if isinstance(value, int):
        said = AnyValue(int_value=value)
    else:
        said = AnyValue(string_value=value.encode())
    return _bytes(KeyValue(key=key.encode(), value=_bytes(said)))


def _nanos(micros: int) -> int:
    """As far as its 64 bits go."""
    return min(max(0, 1000 * micros), (1 << 64) - 1)


def _bytes(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded

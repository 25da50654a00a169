"""OTLP's ``ExportTraceServiceRequest`` to spans, by OpenTelemetry's rules for Zipkin.

What Zipkin's model has no place for is kept in tags; docs/otlp.md has the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_endpoint
from clew.span.otlp_json import NotARequest, request_from_json
from clew.span.otlp_messages import (
    EventMessage,
    ExportTraceServiceRequest,
    LinkMessage,
    ResourceSpans,
    ScopeSpans,
    SpanMessage,
)
from clew.span.otlp_peer import remote_endpoint
from clew.span.otlp_values import TooDeep, json_object, quoted, text, texts

UNKNOWN_SERVICE = "unknown_service"
"""OpenTelemetry's name for a service that has none."""
_REQUEST = "ExportTraceServiceRequest"
_KINDS = {2: Kind.SERVER, 3: Kind.CLIENT, 4: Kind.PRODUCER, 5: Kind.CONSUMER}
_OK, _ERROR = 1, 2
_NO_HIGH_HALF = "0" * 16
"""A trace id that begins so is one of 64 bits."""
_DROPPED = tuple(
    (f"dropped_{what}_count", f"otel.dropped_{what}_count")
    for what in ("attributes", "events", "links")
)
_MOST_INHERITED = 64 << 20
"""Characters that a request may add to its spans by what its resources and scopes say once."""


class TooMuch(ValueError):
    """A large resource has many spans: a short request that would be long when it is stored."""

    def __init__(self) -> None:
        super().__init__("The attributes of resources are too long for so many spans")


@dataclass(frozen=True, slots=True)
class Export:
    """What a request holds."""

    spans: list[Span]
    rejected: int
    """How many more spans it has, whose ids are none. They refuse nothing but themselves."""
    reason: str
    """Why the first of those was rejected; empty when all are good."""


def decode(body: bytes) -> Export:
    """A request in protobuf. Raises MalformedSpans."""
    try:
        return _export(ExportTraceServiceRequest.FromString(body))
    except (DecodeError, TooDeep, TooMuch) as error:
        raise MalformedSpans(_words(error), "proto3", _REQUEST) from error


def decode_json(body: bytes) -> Export:
    """A request in JSON. Raises MalformedSpans."""
    try:
        return _export(request_from_json(body))
    except (NotARequest, TooDeep, TooMuch) as error:
        raise MalformedSpans(_words(error), "json", _REQUEST) from error


def decode_list(body: bytes) -> list[Span]:
    """The good spans of a request in protobuf. Raises MalformedSpans."""
    return decode(body).spans


def decode_json_list(body: bytes) -> list[Span]:
    """The good spans of a request in JSON. Raises MalformedSpans."""
    return decode_json(body).spans


def _words(error: Exception) -> str:
    # protobuf's own words name its inner parts
    return "Malformed" if isinstance(error, DecodeError) else str(error)


def _export(request: Any) -> Export:
    spans: list[Span] = []
    rejected, reason, copied = 0, "", 0
    for resource_spans in map(ResourceSpans.FromString, request.resource_spans):
        resource = texts(resource_spans.resource.attributes)
        local = new_endpoint(service_name=resource.pop("service.name", "") or UNKNOWN_SERVICE)
        for scope_spans in map(ScopeSpans.FromString, resource_spans.scope_spans):
            inherited = resource | _scope_tags(scope_spans.scope)
            copied += len(scope_spans.spans) * sum(map(len, (*inherited, *inherited.values())))
            if copied > _MOST_INHERITED:
                raise TooMuch
            for item in map(SpanMessage.FromString, scope_spans.spans):
                if fault := _fault(item):
                    rejected, reason = rejected + 1, reason or fault
                else:
                    spans.append(_span(item, local, inherited))
    return Export(spans, rejected, reason)


def _fault(item: Any) -> str:
    """Why a span's ids are none; empty when they are."""
    trace_id, span_id, parent_id = item.trace_id, item.span_id, item.parent_span_id
    if len(trace_id) != 16:
        return f"a trace id has {len(trace_id)} bytes, not 16"
    if len(span_id) != 8:
        return f"a span id has {len(span_id)} bytes, not 8"
    if len(parent_id) not in (0, 8):
        return f"a parent span id has {len(parent_id)} bytes, not 8"
    if not any(trace_id):
        return "a trace id is all zeros"
    if not any(span_id):
        return "a span id is all zeros"
    return ""


def _span(item: Any, local: Endpoint | None, inherited: dict[str, str]) -> Span:
    tags = {**inherited, **texts(item.attributes)} if item.attributes else inherited.copy()
    kind = _KINDS.get(item.kind)
    remote = remote_endpoint(kind, tags)
    if tags.get("error") == "false":
        del tags["error"]  # any error tag marks a failure, also one that denies it
    if item.HasField("status"):
        _add_status(item.status, tags)
    _add_what_has_no_place(item, tags)
    start = item.start_time_unix_nano
    own, parent = item.span_id, item.parent_span_id
    # normal as new_span makes it: ids that are bytes and have no fault need none of its checks
    return Span(
        trace_id=item.trace_id.hex().removeprefix(_NO_HIGH_HALF),
        parent_id=parent.hex() if any(parent) and parent != own else None,
        id=own.hex(),
        kind=kind,
        name=text(item.name).lower() or None,
        timestamp=Micros(start // 1000) or None,
        duration=_duration(start, item.end_time_unix_nano),
        local_endpoint=local,
        remote_endpoint=remote,
        annotations=_annotations(item.events, start),
        tags={key: tags[key] for key in sorted(tags)},
    )


def _annotations(events: Iterable[bytes], start: int) -> tuple[Annotation, ...]:
    if not events:
        return ()
    return tuple(
        sorted({_annotation(event, start) for event in map(EventMessage.FromString, events)})
    )


def _duration(start: int, end: int) -> Micros | None:
    """Microseconds, rounded up so that what took time is never 0; None when it is not known."""
    if not start or end < start:
        return None
    return Micros(max(1, -((start - end) // 1000)))


def _scope_tags(scope: Any) -> dict[str, str]:
    tags = texts(scope.attributes)
    for field in ("name", "version"):
        if value := getattr(scope, field):
            # the second is the older name of the first, and readers may look for either
            tags[f"otel.scope.{field}"] = tags[f"otel.library.{field}"] = text(value)
    return tags


def _add_status(status: Any, tags: dict[str, str]) -> None:
    if status.code == _OK:
        tags["otel.status_code"] = "OK"
    elif status.code == _ERROR:
        tags["otel.status_code"] = "ERROR"
        tags["error"] = text(status.message) or tags.get("error", "")


def _add_what_has_no_place(item: Any, tags: dict[str, str]) -> None:
    if links := item.links:
        for number, link in enumerate(map(LinkMessage.FromString, links)):
            tags[f"otlp.link.{number}"] = _link(link)
    if item.trace_state:
        tags["w3c.tracestate"] = text(item.trace_state)
    for field, tag in _DROPPED:
        if count := getattr(item, field):
            tags[tag] = str(count)


def _annotation(event: Any, start: int) -> Annotation:
    """An event: its name, and what it says as JSON behind that."""
    value = text(event.name)
    if event.attributes or event.dropped_attributes_count:
        dropped = event.dropped_attributes_count
        extra = {"otel.dropped_attributes_count": dropped} if dropped else {}
        value = f"{quoted(event.name)}: {json_object(event.attributes, extra)}"
    return Annotation(timestamp=Micros((event.time_unix_nano or start) // 1000), value=value)


def _link(link: Any) -> str:
    """A link in the way of the OpenTelemetry collector: five parts, with bars between them."""
    parts = (
        link.trace_id.hex(),
        link.span_id.hex(),
        text(link.trace_state),
        json_object(link.attributes, {}),
        str(link.dropped_attributes_count),
    )
    return "|".join(parts)

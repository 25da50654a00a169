"""From v2 to v1, as ``zipkin2.v1.V2SpanConverter`` does it: for what still reads v1."""

from __future__ import annotations

from clew.span.model import Kind, Span
from clew.span.v1 import BinaryAnnotation, V1Annotation, V1Span

_ADDRESSES = {
    None: "sa",
    Kind.CLIENT: "sa",
    Kind.SERVER: "ca",
    Kind.PRODUCER: "ma",
    Kind.CONSUMER: "ma",
}
_BEGINS = {Kind.CLIENT: "cs", Kind.SERVER: "sr", Kind.PRODUCER: "ms", Kind.CONSUMER: "wr"}
_ENDS = {Kind.CLIENT: "cr", Kind.SERVER: "ss", Kind.PRODUCER: "ws", Kind.CONSUMER: "mr"}


def to_v1(span: Span) -> V1Span:
    """``span`` as v1. A span of both sides of a call is never made of two."""
    local = span.local_endpoint
    annotations = [V1Annotation(a.timestamp, a.value, local) for a in span.annotations]
    annotations = [*_begin(span), *annotations, *_end(span)]
    binary = [BinaryAnnotation(key, value, local) for key, value in span.tags.items()]
    if local and not annotations and not binary:
        binary.append(BinaryAnnotation("lc", "", local))  # the only place left for the service
    if span.remote_endpoint:
        binary.append(BinaryAnnotation(_ADDRESSES[span.kind], "", span.remote_endpoint))
    return V1Span(
        trace_id=int(span.trace_id, 16),
        id=int(span.id, 16),
        parent_id=int(span.parent_id or "0", 16),
        name=span.name,
        # without a time of its own, a v1 span belongs to the other side
        timestamp=0 if span.shared else span.timestamp or 0,
        duration=0 if span.shared else span.duration or 0,
        annotations=annotations,
        binary_annotations=binary,
        debug=span.debug,
    )


def _begin(span: Span) -> list[V1Annotation]:
    if not span.kind or not span.timestamp:
        return []
    # a consumer that knows only one moment knows when it had the message
    known = _BEGINS if span.duration or span.kind is not Kind.CONSUMER else _ENDS
    return [V1Annotation(span.timestamp, known[span.kind], span.local_endpoint)]


def _end(span: Span) -> list[V1Annotation]:
    if not span.kind or not span.timestamp or not span.duration:
        return []
    return [V1Annotation(span.timestamp + span.duration, _ENDS[span.kind], span.local_endpoint)]

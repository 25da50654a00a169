"""From v1 to v2, as ``zipkin2.v1.V1SpanConverter`` does it."""

from __future__ import annotations

from dataclasses import dataclass, field

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import InvalidSpan, new_endpoint, new_span
from clew.span.v1 import ADDRESSES, V1Annotation, V1Span

_LOW = 2**64 - 1


def to_v2(span: V1Span) -> list[Span]:
    """``span`` as one span for each side that it tells about. Raises InvalidSpan."""
    if not span.trace_id & _LOW:
        raise InvalidSpan("traceId == 0")
    if not span.id:
        raise InvalidSpan("id == 0")
    return _Translation(span).spans()


@dataclass(slots=True)
class _Side:
    """What is known of one v2 span."""

    local: Endpoint | None = None
    remote: Endpoint | None = None
    kind: Kind | None = None
    timestamp: int = 0
    duration: int = 0
    shared: bool = False
    annotations: list[Annotation] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def annotate(self, annotation: V1Annotation) -> None:
        self.annotations.append(
            Annotation(timestamp=Micros(annotation.timestamp), value=annotation.value)
        )

    def took(self, begin: int, end: V1Annotation | None) -> None:
        self.timestamp = begin
        self.duration = end.timestamp - begin if end else 0


_KINDS = {
    "cs": Kind.CLIENT,
    "cr": Kind.CLIENT,
    "sr": Kind.SERVER,
    "ss": Kind.SERVER,
    "ms": Kind.PRODUCER,
    "mr": Kind.CONSUMER,
    "ws": None,
    "wr": None,
}
"""The annotations that tell of a call or a message, and the kind of span that each belongs to."""


class _Translation:
    """Takes one v1 span apart."""

    def __init__(self, span: V1Span) -> None:
        self._span = span
        self._sides = [_Side()]
        self._core: dict[str, V1Annotation] = {}

    def spans(self) -> list[Span]:
        self._take_annotations()
        self._infer_begins()
        self._time_call()
        self._time_message()
        self._take_tags()
        return [self._new_span(side) for side in self._sides]

    def _take_annotations(self) -> None:
        for annotation in self._span.annotations:
            side = self._side(annotation.endpoint)
            # without an endpoint it cannot be told whose cs it is
            if annotation.value not in _KINDS or annotation.endpoint is None:
                side.annotate(annotation)
                continue
            self._core[annotation.value] = annotation
            side.kind = _KINDS[annotation.value] or side.kind

    def _infer_begins(self) -> None:
        span = self._span
        for begin, end in (("cs", "cr"), ("sr", "ss")):
            ended = self._core.get(end)
            if (
                ended
                and begin not in self._core
                and span.timestamp
                and span.duration
                and span.timestamp + span.duration == ended.timestamp
            ):
                self._core[begin] = V1Annotation(span.timestamp, begin, ended.endpoint)

    def _time_call(self) -> None:
        cs, cr, sr, ss = (self._core.get(value) for value in ("cs", "cr", "sr", "ss"))
        if cs and sr:
            self._time(cs, cr)
            server = self._other_side(cs, sr, Kind.CLIENT, Kind.SERVER)
            server.shared = True
            server.took(sr.timestamp, ss)
        elif cs and cr:
            self._time(cs, cr)
        elif sr and ss:
            self._time(sr, ss)
        else:
            self._time_half_a_call()
        # v1 has no shared flag: a server that owns its span says when it began and how long it took
        if sr and not cs and (not self._span.timestamp or (ss and not self._span.duration)):
            self._side(sr.endpoint).shared = True

    def _time_half_a_call(self) -> None:
        for side in self._sides:
            if side.kind not in (Kind.CLIENT, Kind.SERVER):
                continue
            begin, end = ("cs", "cr") if side.kind is Kind.CLIENT else ("sr", "ss")
            if begun := self._core.get(begin):
                side.timestamp = begun.timestamp
            if ended := self._core.get(end):
                side.annotate(ended)
        if self._span.timestamp:
            self._sides[0].timestamp = self._span.timestamp
            self._sides[0].duration = self._span.duration

    def _time_message(self) -> None:
        ms, mr, ws, wr = (self._core.get(value) for value in ("ms", "mr", "ws", "wr"))
        if ms and mr:
            consumer = self._other_side(ms, mr, Kind.PRODUCER, Kind.CONSUMER)
            consumer.shared = True
            consumer.took(wr.timestamp if wr else mr.timestamp, mr if wr else None)
            self._side(ms.endpoint).took(ms.timestamp, ws)
        elif ms:
            self._time(ms, ws)
        elif mr:
            self._time(wr or mr, mr if wr else None)
        else:
            for mark in (ws, wr):
                if mark:
                    self._side(mark.endpoint).annotate(mark)

    def _time(self, begin: V1Annotation, end: V1Annotation | None) -> None:
        """What the v1 span says of its time wins over its annotations."""
        side, span = self._side(begin.endpoint), self._span
        if span.timestamp and span.duration:
            side.timestamp, side.duration = span.timestamp, span.duration
        else:
            side.took(begin.timestamp, end)

    def _other_side(
        self, near: V1Annotation, far: V1Annotation, near_kind: Kind, far_kind: Kind
    ) -> _Side:
        """The far side of a call whose both sides are here; of a loopback it is a new one."""
        if not _same_service(near.endpoint, far.endpoint):
            return self._side(far.endpoint)
        self._side(near.endpoint).kind = near_kind
        self._sides.append(_Side(local=far.endpoint, kind=far_kind))
        return self._sides[-1]

    def _take_tags(self) -> None:
        addresses: dict[str, Endpoint] = {}
        for item in self._span.binary_annotations:
            if item.key in ADDRESSES:
                if item.endpoint:
                    addresses[item.key] = item.endpoint
                continue
            side = self._side(item.endpoint)
            if item.key != "lc" or item.value:  # an empty lc only names the local service
                side.tags[item.key] = item.value
        if addresses:
            self._take_addresses(*(addresses.get(key) for key in ADDRESSES))

    def _take_addresses(
        self, client: Endpoint | None, server: Endpoint | None, broker: Endpoint | None
    ) -> None:
        cs, cr, sr, ss = (self._core.get(value) for value in ("cs", "cr", "sr", "ss"))
        if not (cs or cr or sr or ss) and (client or server):
            self._take_lone_addresses(client, server)
            return
        served, sent = sr or ss, cs or cr
        if client and served and client != served.endpoint:
            if _same_service(client, served.endpoint):  # Finagle's habit
                client = new_endpoint(ipv4=client.ipv4, ipv6=client.ipv6, port=client.port)
            self._side(served.endpoint).remote = client
        if server and sent:
            self._side(sent.endpoint).remote = server
        if broker:
            for value in ("ms", "mr"):
                if mark := self._core.get(value):
                    self._side(mark.endpoint).remote = broker

    def _take_lone_addresses(self, client: Endpoint | None, server: Endpoint | None) -> None:
        """Of a span that does not say which side it is."""
        if client and server:
            self._side(client).remote = server
        elif server:
            self._sides[0].remote = server  # what any span may call, so no reason for a kind
        else:
            self._sides[0].kind = Kind.SERVER
            self._sides[0].remote = client

    def _side(self, endpoint: Endpoint | None) -> _Side:
        """The side that ``endpoint`` recorded: the first, when that is not known."""
        if endpoint is None:
            return self._sides[0]
        for side in self._sides:
            if side.local is None:
                side.local = endpoint
            if _same_service(side.local, endpoint):
                return side
        self._sides.append(_Side(local=endpoint))
        return self._sides[-1]

    def _new_span(self, side: _Side) -> Span:
        span = self._span
        return new_span(
            trace_id=f"{span.trace_id:032x}",
            id=f"{span.id:016x}",
            parent_id=f"{span.parent_id:016x}",
            kind=side.kind,
            name=span.name,
            timestamp=side.timestamp,
            duration=side.duration,
            local_endpoint=side.local,
            remote_endpoint=side.remote,
            annotations=side.annotations,
            tags=side.tags,
            debug=span.debug,
            shared=side.shared,
        )


def _same_service(one: Endpoint | None, other: Endpoint | None) -> bool:
    """Whether both have the same name, or none; addresses do not count."""
    return (one and one.service_name) == (other and other.service_name)

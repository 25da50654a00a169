"""What a search asks for, and whether a trace answers it: Zipkin's ``QueryRequest``."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from clew.errors import ClewError
from clew.span.model import Micros, Span
from clew.trace.search_language.expression import Expression
from clew.trace.search_language.matcher import matches

NO_TERMS: Mapping[str, str] = {}
MAX_TERMS = 100


class InvalidQuery(ClewError):
    """A condition that makes no sense, said in Zipkin's words."""


class Sort(enum.Enum):
    """Which of the traces that match come first; of equals the newer."""

    NEWEST = "newest"
    SLOWEST = "slowest"
    """By :func:`trace_duration`."""
    ERRORS = "errors"
    """Traces with a failed span, then the others."""


class Place(NamedTuple):
    """Where a trace stands in the order of its sort: the greatest place comes first."""

    rank: int
    """Microseconds for the slowest, 1 or 0 for errors, always 0 for the newest."""
    time: int
    """:func:`trace_time`."""
    trace_hi: int
    """The high half of the id; 0 where ids are compared by their low half."""
    trace_lo: int


class TraceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on a trace, and which of those that meet them.

    Each condition may be met by a different span, but when ``service`` is given only by its spans.
    """

    service: str | None = None
    """Local service name, lower case; None: any."""
    remote_service: str | None = None
    span_name: str | None = None
    """Lower case; None: any."""
    terms: Mapping[str, str] = NO_TERMS
    """Annotation query, read: tag key to value; an empty value asks for the tag or annotation."""
    min_duration: Micros | None = None
    """Some span took at least this; inclusive."""
    max_duration: Micros | None = None
    """The same span took at most this; inclusive; only with ``min_duration``."""
    expression: Expression | None = None
    """What the whole trace must meet besides, whatever ``service`` is."""
    end_ts_ms: int
    """The newest trace time, epoch milliseconds; inclusive."""
    lookback_ms: int
    """How far before ``end_ts_ms`` the oldest trace time is; inclusive."""
    limit: int
    """How many traces."""
    sort: Sort = Sort.NEWEST
    """Which traces come first."""
    after: Place | None = None
    """Only traces that come after this place; None: from the first."""

    def __post_init__(self) -> None:
        if self.end_ts_ms <= 0:
            raise InvalidQuery("endTs <= 0")
        if self.limit <= 0:
            raise InvalidQuery("limit <= 0")
        if self.lookback_ms <= 0:
            raise InvalidQuery("lookback <= 0")
        if self.min_duration is not None:
            if self.min_duration <= 0:
                raise InvalidQuery("minDuration <= 0")
            if self.max_duration is not None and self.max_duration < self.min_duration:
                raise InvalidQuery("maxDuration < minDuration")
        elif self.max_duration is not None:
            raise InvalidQuery("maxDuration is only valid with minDuration")

    @property
    def window(self) -> tuple[Micros, Micros]:
        """The oldest and the newest trace time, both included."""
        return (
            Micros((self.end_ts_ms - self.lookback_ms) * 1000),
            Micros(self.end_ts_ms * 1000),
        )

    def matches(self, trace: Sequence[Span]) -> bool:
        """Whether the whole trace answers this query."""
        time = trace_time(trace)
        oldest, newest = self.window
        if time is None or not oldest <= time <= newest:
            return False
        if self.expression is not None and not matches(self.expression, trace):
            return False
        scope = [span for span in trace if self.service in (None, span.service)]
        return bool(scope) and all(any(map(meets, scope)) for meets in self._conditions())

    def _conditions(self) -> Iterator[Callable[[Span], bool]]:
        if self.remote_service is not None:
            yield lambda span: span.remote_service == self.remote_service
        if self.span_name is not None:
            yield lambda span: span.name == self.span_name
        if self.min_duration is not None:
            yield lambda span: self._duration_fits(span.duration)
        for key, value in self.terms.items():
            yield functools.partial(_has_term, key, value)

    def _duration_fits(self, duration: Micros | None) -> bool:
        if duration is None or self.min_duration is None or duration < self.min_duration:
            return False
        return self.max_duration is None or duration <= self.max_duration


def _has_term(key: str, value: str, span: Span) -> bool:
    if value:
        return span.tags.get(key) == value
    return key in span.tags or any(annotation.value == key for annotation in span.annotations)


def trace_time(trace: Sequence[Span]) -> Micros | None:
    """When the trace began: its root's start, else its first span's; None when no span has a time.

    Of several roots the earliest counts, whatever the order of arrival.
    """
    roots = [span.timestamp for span in trace if span.parent_id is None and span.timestamp]
    times = roots or [span.timestamp for span in trace if span.timestamp]
    return min(times, default=None)


def trace_duration(trace: Sequence[Span]) -> Micros:
    """How long a trace took: its root's duration, else from its first start to its last end.

    Of roots that began together the longest counts; 0 when nothing is known.
    """
    dated = [(span, span.timestamp) for span in trace if span.timestamp]
    roots = [(start, -(span.duration or 0)) for span, start in dated if span.parent_id is None]
    if roots and (negated := min(roots)[1]):
        return Micros(-negated)
    first = min((start for _, start in dated), default=0)
    return Micros(max((start + (span.duration or 0) for span, start in dated), default=0) - first)


def read_annotation_query(text: str | None) -> dict[str, str]:
    """The terms of ``annotationQuery``: ``error and http.method=GET``.

    A term without ``=`` asks for an annotation or a tag key. Of a key given twice the last value
    counts, and any value beats none.
    """
    terms: dict[str, str] = {}
    if not text:
        return terms
    # the last of a hundred terms keeps the rest of the text, as in Zipkin
    for part in text.split(" and ", MAX_TERMS - 1):
        key, _, value = part.partition("=")
        key, value = key.strip(), value.strip()
        if value or key not in terms:
            terms[key] = value
    return terms

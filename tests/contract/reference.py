"""A search as obvious as can be: every trace, every condition, one after the other.

It knows nothing of the code that it is compared with but the span, the query and the matcher of
expressions, which has tests of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from clew.span.model import Span
from clew.trace.query import Sort, TraceQuery
from clew.trace.search_language.matcher import matches


def search(spans: Iterable[Span], query: TraceQuery, *, strict: bool = True) -> list[list[Span]]:
    """The traces among ``spans`` that answer ``query``, in its order."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        traces[span.trace_id if strict else span.trace_id[16:] or span.trace_id].append(span)
    ranked = []
    for key, trace in traces.items():
        time = begin(trace)
        if time is not None and answers(trace, time, query):
            ranked.append(((rank(trace, time, query.sort), time, key.rjust(32, "0")), trace))
    ranked.sort(key=lambda entry: entry[0], reverse=True)
    return [trace for _, trace in ranked[: query.limit]]


def rank(trace: list[Span], time: int, sort: Sort) -> int:
    if sort is Sort.NEWEST:
        return 0
    if sort is Sort.ERRORS:
        return 1 if any("error" in s.tags for s in trace) else 0
    begun = [s for s in trace if s.parent_id is None and s.timestamp == time]
    longest = max([s.duration for s in begun if s.duration is not None], default=0)
    if longest > 0:
        return longest
    starts = [s.timestamp for s in trace if s.timestamp is not None]
    ends = [s.timestamp + (s.duration or 0) for s in trace if s.timestamp is not None]
    return max(ends) - min(starts)


def begin(trace: list[Span]) -> int | None:
    roots = [s.timestamp for s in trace if s.parent_id is None and s.timestamp is not None]
    if roots:
        return min(roots)
    times = [s.timestamp for s in trace if s.timestamp is not None]
    if times:
        return min(times)
    return None


def answers(trace: list[Span], time: int, query: TraceQuery) -> bool:
    if time < (query.end_ts_ms - query.lookback_ms) * 1000 or time > query.end_ts_ms * 1000:
        return False
    if query.expression is not None and not matches(query.expression, trace):
        return False
    service_seen = query.service is None
    remote_seen = query.remote_service is None
    name_seen = query.span_name is None
    duration_seen = query.min_duration is None
    terms_left = dict(query.terms)
    for span in trace:
        local = span.local_endpoint.service_name if span.local_endpoint else None
        if query.service is not None and local != query.service:
            continue
        service_seen = True
        remote = span.remote_endpoint.service_name if span.remote_endpoint else None
        if remote is not None and remote == query.remote_service:
            remote_seen = True
        if span.name is not None and span.name == query.span_name:
            name_seen = True
        if query.min_duration is not None and span.duration is not None:
            longest = query.max_duration or span.duration
            if query.min_duration <= span.duration <= longest:
                duration_seen = True
        for annotation in span.annotations:
            if terms_left.get(annotation.value) == "":
                del terms_left[annotation.value]
        for key, value in span.tags.items():
            if key in terms_left and terms_left[key] in ("", value):
                del terms_left[key]
    return service_seen and remote_seen and name_seen and duration_seen and not terms_left

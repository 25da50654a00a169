"""Which apps lose the context of a trace. Pure.

An app is at an address, and serves a request as long as the client span that leads to it lasts. A
root span whose peer is that address and that lies within this time was made for that request, so
the app did not pass on the headers that it got.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from clew.check.finding import Finding, problem
from clew.check.steps import Traces, address, called, spans
from clew.span.model import Kind, Span

_FORWARD = "pass on the headers l5d-ctx-*, or traceparent, or b3, of the request being served"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request that an app serves."""

    app: str
    begin: int
    end: int
    """Both in microseconds since the epoch."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Who began traces while serving a request, the worst first."""
    visits = _visits(traces)
    longest = max((v.end - v.begin for there in visits.values() for v in there), default=0)
    dropped: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for span in (span for span in spans(traces) if span.kind is Kind.SERVER):
        app = _app_of(span, visits, longest)
        if app and span.parent_id is None:
            dropped[app] += 1
            examples.setdefault(app, span.trace_id)
        elif app:
            kept[app] += 1
    for app, count in dropped.most_common():
        yield problem(
            "trace context",
            f"{app} drops the trace: {count:,} of its {count + kept[app]:,} requests began a trace "
            f"of their own while it served another",
            f"let {app} {_FORWARD}",
            examples[app],
        )


def _visits(traces: Traces) -> dict[str, list[_Visit]]:
    """By address of the app, as they begin."""
    found: dict[str, list[_Visit]] = defaultdict(list)
    for span in (span for span in spans(traces) if span.kind is Kind.CLIENT):
        place = address(span.remote_endpoint)
        if place and span.timestamp and span.duration and (app := called(span)):
            found[place].append(_Visit(app, span.timestamp, span.timestamp + span.duration))
    for visits in found.values():
        visits.sort(key=_begin)
    return found


def _app_of(span: Span, visits: dict[str, list[_Visit]], longest: int) -> str:
    """Who made this request while serving another; empty when that is not certain."""
    begin = span.timestamp or 0
    end = begin + (span.duration or 0)
    there = visits.get(address(span.remote_endpoint), [])
    # of many thousands those that can last until then
    first = bisect_left(there, begin - longest, key=_begin)
    last = bisect_right(there, begin, key=_begin)
    apps = {each.app for each in there[first:last] if end <= each.end}
    return apps.pop() if len(apps) == 1 else ""


def _begin(visit: _Visit) -> int:
    return visit.begin

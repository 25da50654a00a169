"""Which services lose the context of a trace, from the spans of the last hour. Pure.

An app is at an address, and serves a request as long as the client span that leads to it lasts. A
root span whose peer is that address and that lies within this time was made for that request, so
the app did not pass on the headers that it got.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clew.check.finding import Finding, ok, problem, warning
from clew.span.model import Endpoint, Kind, Span

_FORWARD = "pass on the headers l5d-ctx-*, or traceparent, or b3, of the request being served"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request that an app serves."""

    app: str
    begin: int
    end: int
    """Both in microseconds since the epoch."""


def findings(traces: Sequence[Sequence[Span]]) -> Iterator[Finding]:
    """What was lost by which service, the worst first."""
    if not traces:
        advice = "send a request through the mesh, then check again"
        yield warning("trace context", "there are no traces of the last hour", advice)
        return
    lost = [*_dropped(traces), *_broken(traces)]
    yield from lost
    if not lost:
        yield ok("trace context", f"{len(traces)} traces of the last hour are whole")


def _dropped(traces: Sequence[Sequence[Span]]) -> Iterator[Finding]:
    visits = _visits(traces)
    dropped: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for span in (span for trace in traces for span in trace if span.kind is Kind.SERVER):
        app = _app_of(span, visits)
        if app and span.parent_id is None:
            dropped[app] += 1
            examples.setdefault(app, span.trace_id)
        elif app:
            kept[app] += 1
    for app, count in dropped.most_common():
        yield problem(
            "trace context",
            f"{app} drops the trace: {count} of its {count + kept[app]} requests began a trace of "
            f"their own while it served another, such as {examples[app]}",
            f"let {app} {_FORWARD}",
        )


def _visits(traces: Sequence[Sequence[Span]]) -> dict[str, list[_Visit]]:
    """By address of the app."""
    found: dict[str, list[_Visit]] = defaultdict(list)
    for span in (span for trace in traces for span in trace if span.kind is Kind.CLIENT):
        address = _address(span.remote_endpoint)
        if address and span.timestamp and span.duration and (app := _app_called(span)):
            found[address].append(_Visit(app, span.timestamp, span.timestamp + span.duration))
    return found


def _app_of(span: Span, visits: dict[str, list[_Visit]]) -> str:
    """Who made this request while serving another; empty when that is not certain."""
    begin = span.timestamp or 0
    end = begin + (span.duration or 0)
    there = visits.get(_address(span.remote_endpoint), [])
    apps = {each.app for each in there if each.begin <= begin and end <= each.end}
    return apps.pop() if len(apps) == 1 else ""


def _app_called(span: Span) -> str:
    """The other side's name, or else the end of the mesh's name for it."""
    return span.remote_service or (span.service or "").rpartition("/")[2]


def _address(endpoint: Endpoint | None) -> str:
    """Empty for loopback, where everybody has the same."""
    text = (endpoint and (endpoint.ipv4 or endpoint.ipv6)) or ""
    return "" if not text or ipaddress.ip_address(text).is_loopback else text


def _broken(traces: Sequence[Sequence[Span]]) -> Iterator[Finding]:
    """Spans whose parent never arrived."""
    orphans: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for trace in traces:
        ids = {span.id for span in trace}
        for span in trace:
            if span.parent_id and span.parent_id not in ids and not span.shared:
                service = span.service or "a service without a name"
                orphans[service] += 1
                examples.setdefault(service, span.trace_id)
    for service, count in orphans.most_common():
        yield warning(
            "trace context",
            f"{count} spans of {service} have a parent that never arrived, such as in "
            f"{examples[service]}",
            "whoever calls it sends trace headers but no spans, or samples by a rate of its own: "
            "let it report to the same collector",
        )

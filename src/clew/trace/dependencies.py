"""Who calls whom, how often and how fast: the links that the spans of whole traces show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import msgspec
import numpy as np
import numpy.typing as npt

from clew.span.model import Kind, Micros, Span
from clew.trace import tree

STEPS = 112
"""How many steps latencies are counted in: quarter powers of two, from 1 microsecond."""

Numbers: TypeAlias = npt.NDArray[np.uint64]


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long calls took, in microseconds; percentiles within a tenth of the true ones."""

    p50: Micros
    p95: Micros
    p99: Micros
    max: Micros


class DependencyLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Calls from one service to another."""

    parent: str
    """The calling service."""
    child: str
    """The called service."""
    call_count: int
    error_count: int = 0
    """How many of the calls failed; left out of JSON when none did."""
    latency: Latency | None = None
    """Of the calls whose duration is known; None when none is. Zipkin has no such field."""


@dataclass(slots=True)
class Calls:
    """What is known of the calls from one service to another; sums of it are exact."""

    count: int = 0
    errors: int = 0
    steps: Numbers = field(default_factory=lambda: np.zeros(STEPS, np.uint64))
    """How many calls took how long: see STEPS."""
    longest: int = 0
    """Microseconds."""

    def add(self, other: Calls) -> None:
        """Put ``other`` in."""
        self.count += other.count
        self.errors += other.errors
        self.steps += other.steps
        self.longest = max(self.longest, other.longest)

    def latency(self) -> Latency | None:
        """Percentiles; None when no call has a duration."""
        if not self.longest:
            return None
        p50, p95, p99 = (self._quantile(q) for q in (0.5, 0.95, 0.99))
        return Latency(p50=p50, p95=p95, p99=p99, max=Micros(self.longest))

    def _quantile(self, q: float) -> Micros:
        ends = np.cumsum(self.steps)
        step = int(np.searchsorted(ends, q * float(ends[-1])))
        middle = 2 ** ((step + 0.5) / 4)
        return Micros(min(round(middle), self.longest))


ByLink: TypeAlias = dict[tuple[str, str], Calls]
"""Calls by who called whom."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Traces of which the same links are made; only how long their spans took may differ."""

    spans: Sequence[Span]
    """Of one of them; a duration in it is no time but a column of ``durations``, from 1."""
    durations: Numbers
    """One row a trace, in microseconds."""


def link(traces: Iterable[Sequence[Span]]) -> list[DependencyLink]:
    """The links of whole traces: Zipkin's ``DependencyLinker``. Sorted by parent, then child."""
    return links(count(map(_alone, traces)))


def links(calls: ByLink) -> list[DependencyLink]:
    """``calls`` as links, sorted by parent, then child."""
    return [
        DependencyLink(
            parent=parent,
            child=child,
            call_count=total.count,
            error_count=total.errors,
            latency=total.latency(),
        )
        for (parent, child), total in sorted(calls.items(), key=lambda entry: entry[0])
    ]


def count(traces: Iterable[Alike]) -> ByLink:
    """The calls of whole traces."""
    calls: ByLink = {}
    for alike in traces:
        times = len(alike.durations)
        for parent, child, failed, column in _calls(alike.spans):
            total = calls.setdefault((parent, child), Calls())
            total.count += times
            total.errors += times * failed
            if column is not None:
                _put(total, alike.durations[:, column - 1])
    return calls


def _alone(trace: Sequence[Span]) -> Alike:
    spans = [
        msgspec.structs.replace(span, duration=Micros(column)) if span.duration else span
        for column, span in enumerate(trace, start=1)
    ]
    return Alike(spans, np.array([[span.duration or 0 for span in trace]], np.uint64))


def _put(total: Calls, durations: Numbers) -> None:
    steps = np.minimum(np.log2(durations) * 4, STEPS - 1).astype(np.int64)
    total.steps += np.bincount(steps, minlength=STEPS).astype(np.uint64)
    total.longest = max(total.longest, int(durations.max()))


_Call: TypeAlias = tuple[str, str, bool, int | None]
"""Who, whom, whether it failed, and the duration of the span that tells; None: unknown."""


def _calls(trace: Sequence[Span]) -> Iterator[_Call]:
    """Each call of one trace."""
    root = tree.build(trace)
    # local work between the sides of calls is passed over; a parent is walked before its children
    remote_above: dict[tree.Node, Span | None] = {}
    for node, span in root.walk():
        above = remote_above[node] = _remote_above(node, remote_above)
        match span.kind:
            case Kind.CLIENT:
                # what is below it will name the server better, and be counted
                if not node.children:
                    yield from _request(span, span.service, span.remote_service, above)
            case Kind.SERVER:
                if node is not root or span.remote_service:
                    yield from _request(span, span.remote_service, span.service, above)
            case Kind.PRODUCER:
                yield from _message(span, span.service, span.remote_service)
            case Kind.CONSUMER:
                yield from _message(span, span.remote_service, span.service)
            case None:
                # of unknown kind, but who knows both sides is the caller
                if span.service and span.remote_service:
                    yield from _request(span, span.service, span.remote_service, above)
            case _:
                assert_never(span.kind)


def _remote_above(node: tree.Node, known: Mapping[tree.Node, Span | None]) -> Span | None:
    """The nearest span above that is a side of a call."""
    parent = node.parent
    if parent is None or parent.span is None:
        return None
    return parent.span if parent.span.kind is not None else known[parent]


def _message(span: Span, parent: str | None, child: str | None) -> Iterator[_Call]:
    """Messages link a service and its broker, never two services."""
    if parent and child:
        yield parent, child, _failed(span), span.duration


def _request(
    span: Span, parent: str | None, child: str | None, above: Span | None
) -> Iterator[_Call]:
    failed = _failed(span)
    if above is not None and above.service:
        if span.kind is not Kind.SERVER and span.service and span.service != above.service:
            # the span between them never arrived
            yield above.service, span.service, False, None
        if span.kind is Kind.SERVER or not parent:
            parent = above.service
        if above.kind is Kind.CLIENT and span.parent_id == above.id:
            failed = failed or _failed(above)
    if parent and child:
        yield parent, child, failed, span.duration


def _failed(span: Span) -> bool:
    return "error" in span.tags

"""Whether all services make trace ids of the same length. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from clew.check.finding import Finding, problem, warning
from clew.check.steps import Trace, Traces, service, spans
from clew.span.model import Span

SHORT = 16
"""Characters of an id of 64 bits."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Traces that are torn, or else services that begin traces with ids of 64 bits beside others
    that take 128."""
    torn = list(_torn(traces))
    yield from torn or _mixed(traces)


def _torn(traces: Traces) -> Iterator[Finding]:
    """One id in both lengths: somebody on the way cut it."""
    lengths: dict[str, set[int]] = defaultdict(set)
    cut: dict[str, list[Span]] = defaultdict(list)
    for span in spans(traces):
        end = span.trace_id[-SHORT:]
        lengths[end].add(len(span.trace_id))
        if len(span.trace_id) == SHORT:
            cut[end].append(span)
    both = [end for end, found in lengths.items() if len(found) > 1]
    if both:
        cutters = Counter(service(span) for end in both for span in cut[end])
        worst, _ = cutters.most_common(1)[0]
        yield problem(
            "trace ids",
            f"{len(both):,} traces have ids of 128 bits in one part and their last 64 in another, "
            f"most of these from {worst}",
            f"let {worst} keep trace ids whole (its tracer's setting for 128 bits), or start "
            "clew traces with STRICT_TRACE_ID=false",
            both[0],
        )


def _mixed(traces: Traces) -> Iterator[Finding]:
    begun: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    example = ""
    for root in filter(None, map(_root, traces)):
        short = len(root.trace_id) == SHORT
        begun[short][service(root)] += 1
        if short:
            example = example or root.trace_id
    (long_ones, short_ones) = begun[False], begun[True]
    if long_ones and short_ones:
        (who, count), *_ = short_ones.most_common(1)
        yield warning(
            "trace ids",
            f"{short_ones.total():,} of {short_ones.total() + long_ones.total():,} traces have ids "
            f"of 64 bits, {count:,} of them begun by {who}; the others have 128",
            f"let {who} make ids of 128 bits too, which OpenTelemetry and traceparent ask for",
            example,
        )


def _root(trace: Trace) -> Span | None:
    return next((span for span in trace.spans if span.parent_id is None), None)

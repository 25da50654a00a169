"""Spans that are reported twice, by two exporters on one path. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clew.check.finding import Finding, warning
from clew.check.steps import Traces, service
from clew.span.model import Span

NOTABLE = 0.01
"""Share of a service's spans: a few are sent again when an answer is late."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Services that report a whole span more than once, each time otherwise, the worst first."""
    spans: Counter[str] = Counter()
    twice: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for trace in traces:
        seen: set[tuple[object, ...]] = set()
        for span in trace.spans:
            if not span.duration:
                continue  # a part, of which others may come
            who = service(span)
            spans[who] += 1
            if _side(span) in seen:
                twice[who] += 1
                examples.setdefault(who, span.trace_id)
            seen.add(_side(span))
    for who, count in twice.most_common():
        if count >= NOTABLE * spans[who]:
            yield warning(
                "duplicates",
                f"{count:,} of {spans[who]:,} spans of {who} are reported twice, with "
                f"different content ({count / spans[who]:.0%})",
                f"{who} has two tracers or exporters for one path, as an agent and a library: "
                "take one out",
                examples[who],
            )


def _side(span: Span) -> tuple[object, ...]:
    return span.id, span.kind, span.shared, span.local_endpoint

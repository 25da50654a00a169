"""Between which services parents get lost, and in what share of the calls. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clew.check.finding import Finding, warning
from clew.check.steps import Traces, address, names, service, steps

_ALL = "passes on trace headers but sends no spans, or to another collector: let it report here"
_SOME = (
    "samples by a rate of its own, or loses spans on the way: let it follow the decision that it "
    "receives (l5d-ctx-trace, b3, traceparent), and see what its reporter dropped"
)


def findings(traces: Traces) -> Iterator[Finding]:
    """Callers whose spans never arrived though those of the called did, the most often first."""
    calls: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    known = names(traces)
    for step in steps(traces):
        # not by the parent, which is not there when it counts
        peer = address(step.span.remote_endpoint)
        caller = step.span.remote_service or known.get(peer, peer)
        edge = caller, service(step.span)
        calls[edge] += 1
        if step.parent is None:
            lost[edge] += 1
            examples.setdefault(edge, step.span.trace_id)
    for edge, count in lost.most_common():
        caller, callee = edge
        by = f", called by {caller}," if caller else ""
        yield warning(
            "sampling",
            f"{count:,} of {calls[edge]:,} spans of {callee}{by} have a parent that never arrived "
            f"({count / calls[edge]:.0%})",
            f"{caller or 'whoever calls it'} {_ALL if count == calls[edge] else _SOME}",
            examples[edge],
        )

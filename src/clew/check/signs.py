"""What traces say about those who report them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from clew.check import (
    bypass,
    context,
    duplicates,
    host_clocks,
    names,
    sampling,
    sides,
    trace_ids,
)
from clew.check.finding import Finding, Level, ok, warning
from clew.check.steps import Traces

SIGNS = (context, sampling, sides, host_clocks, trace_ids, bypass, duplicates, names)
"""In the order of how much of a trace is lost by each."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Every sign, or that there is none."""
    if not traces:
        advice = "send a request through the mesh, then check again"
        yield warning("traces", "there are no traces of the last hour", advice)
        return
    found = [each for sign in SIGNS for each in sign.findings(traces)]
    yield from found
    if all(each.level is Level.OK for each in found):
        yield ok("traces", f"{len(traces):,} traces of the last hour are whole")

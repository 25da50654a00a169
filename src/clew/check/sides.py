"""Calls of which one side tells nothing, though it tells of others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clew.check.finding import Finding, ok, warning
from clew.check.steps import Traces, service, spans, steps
from clew.span.model import Kind, Span

NOTABLE = 0.01
"""Share of the calls between two services: a few are always under way, or failed."""
SHOWN = 5
"""Names in one sentence."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Missing servers, then missing clients, the most often first; last those that are silent."""
    yield from _servers(traces)
    yield from _clients(traces)


def _servers(traces: Traces) -> Iterator[Finding]:
    """Calls without a span of the one that was called."""
    telling = {service(span) for span in spans(traces)}
    calls: Counter[tuple[str, str]] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    silent: Counter[str] = Counter()
    for span, callee, followed in _calls(traces):
        edge = service(span), callee
        if callee not in telling:
            silent[callee] += 1
        else:
            calls[edge] += 1
            if not followed:
                missing[edge] += 1
                examples.setdefault(edge, span.trace_id)
    for edge, count in missing.most_common():
        if count >= NOTABLE * calls[edge]:
            caller, callee = edge
            yield warning(
                "sides",
                f"{count:,} of {calls[edge]:,} calls of {caller} to {callee} have no span of "
                f"{callee} ({count / calls[edge]:.0%})",
                f"see whether every instance of {callee} reports, and follows the decision to "
                "sample that it receives",
                examples[edge],
            )
    if silent:
        told = ", ".join(name for name, _ in silent.most_common(SHOWN))
        more = f" and {len(silent) - SHOWN} others" if len(silent) > SHOWN else ""
        yield ok("sides", f"no spans came from {told}{more}: only their callers tell of them")


def _calls(traces: Traces) -> Iterator[tuple[Span, str, bool]]:
    """The clients' spans, whom they called, and whether anything happened below."""
    for trace in traces:
        parents = {step.parent.id for step in trace.steps if step.parent}
        for span in trace.spans:
            # a call that failed may never have arrived
            if span.kind is Kind.CLIENT and span.remote_service and "error" not in span.tags:
                yield span, span.remote_service, span.id in parents


def _clients(traces: Traces) -> Iterator[Finding]:
    """Servers right below a server of another service."""
    calls: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for span, parent in ((step.span, step.parent) for step in steps(traces)):
        between = parent is not None and parent.kind is span.kind is Kind.SERVER
        if parent and between and service(parent) != service(span):
            edge = service(parent), service(span)
            calls[edge] += 1
            examples.setdefault(edge, span.trace_id)
    for edge, count in calls.most_common():
        caller, callee = edge
        yield warning(
            "sides",
            f"{count:,} calls of {caller} to {callee} have no client span of {caller}",
            f"instrument the client of {caller} too: without it the time on the network, and "
            "tries that fail, are not seen",
            examples[edge],
        )

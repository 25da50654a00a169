"""Calls from service to service that go around a mesh which others go through. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from clew.check.finding import Finding, warning
from clew.check.steps import Step, Traces, service, spans
from clew.span.model import Span

_ROUTER = "router.label"
"""The tag of a router's server spans."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Who calls whom directly, the most often first; nothing where no router is to be seen."""
    if not any(map(_is_router, spans(traces))):
        return
    calls: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for trace in traces:
        sent_on = {each.span.id for each in trace.steps if each.parent and _is_router(each.parent)}
        for step in trace.steps:
            if step.parent is not None and _is_direct(step) and step.parent.id not in sent_on:
                edge = service(step.parent), service(step.span)
                calls[edge] += 1
                examples.setdefault(edge, step.span.trace_id)
    for edge, count in calls.most_common():
        caller, callee = edge
        yield warning(
            "bypass",
            f"{count:,} calls of {caller} to {callee} go around the mesh",
            f"let {caller} send through its outgoing router (http_proxy), unless that is meant",
            examples[edge],
        )


def _is_direct(step: Step) -> bool:
    return step.is_call and not _is_router(step.span)


def _is_router(span: Span) -> bool:
    return _ROUTER in span.tags

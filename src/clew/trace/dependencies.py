"""Who calls whom: the links that the spans of whole traces show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

import msgspec

from clew.span.model import Kind, Span
from clew.trace import tree


class DependencyLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Calls from one service to another."""

    parent: str
    """The calling service."""
    child: str
    """The called service."""
    call_count: int
    error_count: int = 0
    """How many of the calls failed; left out of JSON when none did."""


def link(traces: Iterable[Sequence[Span]]) -> list[DependencyLink]:
    """The links of whole traces: Zipkin's ``DependencyLinker``. Sorted by parent, then child."""
    return link_alike((trace, 1) for trace in traces)


def link_alike(traces: Iterable[tuple[Sequence[Span], int]]) -> list[DependencyLink]:
    """:func:`link`, for traces that each stand for so many that are alike."""
    calls: dict[tuple[str, str], list[int]] = {}
    for trace, times in traces:
        for parent, child, error in _calls(trace):
            counts = calls.setdefault((parent, child), [0, 0])
            counts[0] += times
            counts[1] += times * error
    return [
        DependencyLink(parent=parent, child=child, call_count=count, error_count=errors)
        for (parent, child), (count, errors) in sorted(calls.items())
    ]


def _calls(trace: Sequence[Span]) -> Iterator[tuple[str, str, bool]]:
    """Each call of one trace: who, whom, and whether it failed."""
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


def _message(span: Span, parent: str | None, child: str | None) -> Iterator[tuple[str, str, bool]]:
    """Messages link a service and its broker, never two services."""
    if parent and child:
        yield parent, child, _failed(span)


def _request(
    span: Span, parent: str | None, child: str | None, above: Span | None
) -> Iterator[tuple[str, str, bool]]:
    failed = _failed(span)
    if above is not None and above.service:
        if span.kind is not Kind.SERVER and span.service and span.service != above.service:
            # the span between them never arrived
            yield above.service, span.service, False
        if span.kind is Kind.SERVER or not parent:
            parent = above.service
        if above.kind is Kind.CLIENT and span.parent_id == above.id:
            failed = failed or _failed(above)
    if parent and child:
        yield parent, child, failed


def _failed(span: Span) -> bool:
    return "error" in span.tags

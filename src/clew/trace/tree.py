"""The spans of one trace as a tree: Zipkin's ``Trace.merge`` and ``SpanNode``.

The query API answers spans as they were reported; this is what reads between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from clew.span.model import Endpoint, Kind, Span


@dataclass(eq=False, slots=True)
class Node:
    """A span and what happened below it."""

    span: Span | None
    """None only for the root of a trace whose own root never arrived."""
    parent: Node | None = None
    """None for the root."""
    children: list[Node] = field(default_factory=list)
    """By start; spans without a start first."""

    def walk(self) -> Iterator[tuple[Node, Span]]:
        """This node and all below that have a span, the nearest first."""
        waiting = deque([self])
        while waiting:
            node = waiting.popleft()
            if node.span is not None:
                yield node, node.span
            waiting.extend(node.children)


def build(spans: Sequence[Span]) -> Node:
    """The tree of one trace. Spans whose parent never arrived hang under the root.

    The first span by id that has no parent is the root; when all have one the root is empty. Spans
    that are each other's ancestors belong to no tree and are left out.
    """
    nodes = [Node(span) for span in merge(spans)]
    unshared: dict[str, Node] = {}
    shared: dict[tuple[str, Endpoint | None], Node] = {}
    for node in nodes:
        span = node.span
        assert span is not None
        if span.shared:
            shared[span.id, span.local_endpoint] = node
            shared[span.id, None] = node
        else:
            unshared[span.id] = node
    root = next((node for node in nodes if _is_root(node.span)), None) or Node(None)
    for node in nodes:
        if node is not root and node.span is not None:
            node.parent = _parent(node.span, unshared, shared) or root
            node.parent.children.append(node)
    for node in (root, *nodes):
        if len(node.children) > 1:
            node.children.sort(key=_start)
    return root


def _is_root(span: Span | None) -> bool:
    return span is not None and span.parent_id is None and not span.shared


def _parent(
    span: Span,
    unshared: dict[str, Node],
    shared: dict[tuple[str, Endpoint | None], Node],
) -> Node | None:
    if span.shared:
        return unshared.get(span.id)
    if span.parent_id is None:
        return None
    # the server side of the parent, if it is in the same process, is nearer than its client side
    server_side = shared.get((span.parent_id, span.local_endpoint))
    return server_side or unshared.get(span.parent_id)


def _start(node: Node) -> int:
    return (node.span and node.span.timestamp) or 0


def merge(spans: Sequence[Span]) -> list[Span]:
    """The spans of one trace, each once: reports of parts of a span are put together.

    Sorted by id, of one id the client side first. All get the longest trace id. Reports of one id
    by different services stay apart; a server's that follows its client's is marked shared.
    """
    if len(spans) <= 1:
        return list(spans)
    trace_id = max((span.trace_id for span in spans), key=len)
    merged: list[Span] = []
    for span in sorted(spans, key=_order):
        if len(span.trace_id) != len(trace_id):
            span = msgspec.structs.replace(span, trace_id=trace_id)
        if merged and _are_parts(merged[-1], span):
            merged[-1] = _united(merged[-1], span)
        else:
            merged.append(span)
    for i in range(1, len(merged)):
        if merged[i].id == merged[i - 1].id:
            merged[i] = _joined(merged[i - 1], merged[i])
    return merged


def _order(span: Span) -> tuple[object, ...]:
    """By id, side, who reported it (unknown first), and last by start: the earlier is believed."""
    local = span.local_endpoint
    side = 2 if span.shared else 0 if span.kind is Kind.CLIENT else 1
    start = span.timestamp or 0
    if local is None:
        return (span.id, side, 0, start)
    parts = (local.service_name, local.ipv4, local.ipv6)
    return (span.id, side, 1, *((part is None, part or "") for part in parts), start)


def _are_parts(first: Span, second: Span) -> bool:
    """Whether one service reported both, in pieces: what both say of the service agrees."""
    if first.id != second.id or first.shared != second.shared:
        return False
    one, other = first.local_endpoint, second.local_endpoint
    if one is None or other is None or one == other:
        return True
    return (
        _agree(one.service_name, other.service_name)
        and _agree(one.ipv4, other.ipv4)
        and _agree(one.ipv6, other.ipv6)
        and _agree(one.port, other.port)
    )


def _agree(one: str | int | None, other: str | int | None) -> bool:
    return one is None or other is None or one == other


def _united(first: Span, second: Span) -> Span:
    """``first`` with what only ``second`` knows; of a tag in both the later value."""
    return Span(
        trace_id=first.trace_id,
        parent_id=first.parent_id or second.parent_id,
        id=first.id,
        kind=first.kind or second.kind,
        name=first.name or second.name,
        timestamp=first.timestamp or second.timestamp,
        duration=first.duration or second.duration,
        local_endpoint=_united_endpoint(first.local_endpoint, second.local_endpoint),
        remote_endpoint=_united_endpoint(first.remote_endpoint, second.remote_endpoint),
        annotations=tuple(sorted({*first.annotations, *second.annotations})),
        tags=dict(sorted((first.tags | second.tags).items())),
        debug=first.debug or second.debug,
        shared=first.shared or second.shared,
    )


def _united_endpoint(first: Endpoint | None, second: Endpoint | None) -> Endpoint | None:
    if first is None or second is None or first == second:
        return first or second
    return Endpoint(
        service_name=first.service_name or second.service_name,
        ipv4=first.ipv4 or second.ipv4,
        ipv6=first.ipv6 or second.ipv6,
        port=first.port or second.port,
    )


def _joined(client: Span, span: Span) -> Span:
    """``span``, a second one of an id, with what its instrumentation forgot to say."""
    shared = span.shared or (client.kind is Kind.CLIENT and span.kind is Kind.SERVER)
    parent_id = span.parent_id or (client.parent_id if shared else None)
    if shared == span.shared and parent_id == span.parent_id:
        return span
    return msgspec.structs.replace(span, shared=shared, parent_id=parent_id)

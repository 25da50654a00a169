"""Zipkin's model as its rules are told, step by step and slow: what ours is compared with.

``Trace.merge``, ``SpanNode`` and ``DependencyLinker``, written from what they do and not from our
code: everything is looked for in the whole list, nothing is indexed, nothing is clever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from clew.span.model import Endpoint, Kind, Span

Fields = dict[str, Any]
"""A span while it is put together."""


def merged(spans: Sequence[Span]) -> list[Fields]:
    """The spans of a trace, each once."""
    reports = [{name: getattr(span, name) for name in Span.__struct_fields__} for span in spans]
    if len(reports) == 1:
        return reports
    for report in reports:
        for other in reports:
            if len(other["trace_id"]) == 32:
                report["trace_id"] = other["trace_id"]
                break
    reports.sort(key=cmp_to_key(compare))
    result: list[Fields] = []
    for report in reports:
        if result and belongs(result[-1], report):
            add(result[-1], report)
        else:
            result.append(report)
    for before, after in pairwise(result):
        if before["id"] != after["id"]:
            continue
        if before["kind"] is Kind.CLIENT and after["kind"] is Kind.SERVER:
            after["shared"] = True
        if after["shared"] and after["parent_id"] is None:
            after["parent_id"] = before["parent_id"]
    return result


def compare(one: Fields, other: Fields) -> int:
    """Below 0 when ``one`` comes first."""
    if one["id"] != other["id"]:
        return -1 if one["id"] < other["id"] else 1
    if one["shared"] != other["shared"]:
        return 1 if one["shared"] else -1
    if not one["shared"]:
        clients = [side["kind"] is Kind.CLIENT for side in (one, other)]
        if clients[0] != clients[1]:
            return -1 if clients[0] else 1
    ours, theirs = one["local_endpoint"], other["local_endpoint"]
    if ours is None or theirs is None:
        if (ours is None) != (theirs is None):
            return -1 if ours is None else 1
    else:
        for part in ("service_name", "ipv4", "ipv6"):
            a, b = getattr(ours, part), getattr(theirs, part)
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return -1 if a < b else 1
    # Zipkin keeps the order of arrival, which a store does not have: the earlier is believed
    return (one["timestamp"] or 0) - (other["timestamp"] or 0)


def belongs(so_far: Fields, report: Fields) -> bool:
    """Whether ``report`` tells of the same span as ``so_far``."""
    if so_far["id"] != report["id"] or so_far["shared"] != report["shared"]:
        return False
    ours, theirs = so_far["local_endpoint"], report["local_endpoint"]
    if ours is None or theirs is None:
        return True
    for part in ("service_name", "ipv4", "ipv6", "port"):
        a, b = getattr(ours, part), getattr(theirs, part)
        if a is not None and b is not None and a != b:
            return False
    return True


def add(so_far: Fields, report: Fields) -> None:
    """Put what only ``report`` says into ``so_far``."""
    for name in ("parent_id", "kind", "name", "timestamp", "duration"):
        if so_far[name] is None:
            so_far[name] = report[name]
    for name in ("local_endpoint", "remote_endpoint"):
        ours, theirs = so_far[name], report[name]
        if ours is None:
            so_far[name] = theirs
        elif theirs is not None:
            parts = {}
            for part in ("service_name", "ipv4", "ipv6", "port"):
                known = getattr(ours, part)
                parts[part] = getattr(theirs, part) if known is None else known
            so_far[name] = Endpoint(**parts)
    so_far["annotations"] = tuple(sorted({*so_far["annotations"], *report["annotations"]}))
    so_far["tags"] = {**so_far["tags"], **report["tags"]}
    so_far["debug"] = so_far["debug"] or report["debug"]


class Node:
    """A span, or nothing in place of a root that never came, and what is below."""

    def __init__(self, span: Fields | None) -> None:
        self.span = span
        self.parent: Node | None = None
        self.children: list[Node] = []


def tree(spans: Sequence[Span]) -> Node:
    """The root of a trace."""
    nodes = [Node(span) for span in merged(spans)]
    root = Node(None)
    for node in nodes:
        assert node.span
        if node.span["parent_id"] is None and not node.span["shared"]:
            root = node
            break
    for node in nodes:
        if node is root:
            continue
        node.parent = parent(node, nodes) or root
        node.parent.children.append(node)
    for node in [root, *nodes]:
        node.children.sort(key=lambda child: (child.span or {})["timestamp"] or 0)
    return root


def parent(node: Node, nodes: Sequence[Node]) -> Node | None:
    """The span above, None when it is not there. Of several that fit, the last counts."""
    span = node.span
    assert span
    above = span["id"] if span["shared"] else span["parent_id"]
    if above is None:
        return None
    if not span["shared"]:
        for other in reversed(nodes):
            assert other.span
            if other.span["shared"] and other.span["id"] == above:
                here = other.span["local_endpoint"] == span["local_endpoint"]
                if here or span["local_endpoint"] is None:
                    return other
    for other in reversed(nodes):
        assert other.span
        if not other.span["shared"] and other.span["id"] == above:
            return other
    return None


def breadth_first(root: Node) -> list[Node]:
    """All nodes with a span, level by level."""
    level, found = [root], []
    while level:
        found += [node for node in level if node.span is not None]
        level = [child for node in level for child in node.children]
    return found


def links(spans: Sequence[Span]) -> dict[tuple[str, str], tuple[int, int]]:
    """Calls and errors of one trace by (parent, child)."""
    calls: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()

    def count(caller: str | None, called: str | None, failed: bool) -> None:
        if caller and called:
            calls[caller, called] += 1
            errors[caller, called] += failed

    root = tree(spans)
    for node in breadth_first(root):
        span = node.span
        assert span
        local, remote = service(span["local_endpoint"]), service(span["remote_endpoint"])
        kind, failed = span["kind"], "error" in span["tags"]
        if kind is Kind.CLIENT and node.children:
            continue
        if kind is None:
            if not (local and remote):
                continue
            kind = Kind.CLIENT
        if kind in (Kind.SERVER, Kind.CONSUMER):
            caller, called = remote, local
            if node is root and not remote:
                continue
        else:
            caller, called = local, remote
        if kind in (Kind.PRODUCER, Kind.CONSUMER):
            count(caller, called, failed)
            continue
        above = remote_ancestor(node)
        if above is not None:
            name = service(above["local_endpoint"])
            if name and kind is Kind.CLIENT and local and name != local:
                count(name, local, failed=False)
            if name and (kind is Kind.SERVER or not caller):
                caller = name
            if name and above["kind"] is Kind.CLIENT and span["parent_id"] == above["id"]:
                failed = failed or "error" in above["tags"]
        count(caller, called, failed)
    return {link: (number, errors[link]) for link, number in calls.items()}


def remote_ancestor(node: Node) -> Fields | None:
    """The nearest span above that is a side of a call."""
    above = node.parent
    while above is not None and above.span is not None:
        if above.span["kind"] is not None:
            return above.span
        above = above.parent
    return None


def service(endpoint: Endpoint | None) -> str | None:
    return endpoint.service_name if endpoint else None

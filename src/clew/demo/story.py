"""The trace of one request as the demo tells it: is it the blog post's, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from clew.span.model import Kind, Span

SPANS = 8
BAR = 24


def is_the_story(spans: Sequence[Span]) -> bool:
    """Whether this is one trace of 8 spans in a single chain: server, client, server, client …"""
    chain = in_order(spans)
    sides = [Kind.SERVER, Kind.CLIENT] * (SPANS // 2)
    parents = [None, *(span.id for span in chain[:-1])]
    return [s.kind for s in chain] == sides and [s.parent_id for s in chain] == parents


def in_order(spans: Sequence[Span]) -> list[Span]:
    """Parents before children, children by time. A parent that is not here counts as none."""
    ids = {span.id for span in spans}
    children: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.timestamp or 0, reverse=True):
        parent = span.parent_id if span.parent_id in ids else None
        children.setdefault(parent, []).append(span)
    ordered: list[Span] = []
    waiting = list(children.get(None, []))
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting += children.get(span.id, [])
    return ordered


def tree_text(spans: Sequence[Span]) -> str:
    """A line a span: indented name, start and duration in ms, and where that lies in the whole."""
    ordered = in_order(spans)
    begin = min((span.timestamp or 0 for span in spans), default=0)
    end = max(((span.timestamp or 0) + (span.duration or 0) for span in spans), default=0)
    depth: dict[str, int] = {}
    rows: list[tuple[str, str, str, str]] = []
    for span in ordered:
        level = depth[span.id] = depth.get(span.parent_id or "", -1) + 1
        start, duration = (span.timestamp or begin) - begin, span.duration or 0
        kind = span.kind.value if span.kind else "LOCAL"
        name = f"{'  ' * level}{kind} {span.service or '?'}"
        times = f"{start / 1e3:.2f} + {duration / 1e3:.2f} ms"
        rows.append((name, span.name or "", times, bar(start, duration, max(end - begin, 1))))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {text:<{widths[1]}}  {times:>{widths[2]}}  {drawn}"
        for name, text, times, drawn in rows
    )


def bar(start: int, duration: int, whole: int) -> str:
    """``duration`` as a bar in ``BAR`` columns that stand for ``whole``; never invisible."""
    left = min(BAR - 1, start * BAR // whole)
    width = max(1, round(duration * BAR / whole))
    return " " * left + "━" * min(width, BAR - left)

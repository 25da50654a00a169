"""The demo's trace: recognised, and printed."""

from dataclasses import dataclass, field

import pytest

from clew.demo.story import is_the_story, tree_text
from clew.span.model import Endpoint, Kind, Micros, Span


@dataclass
class Chain:
    """Spans that each call the next, 1 ms apart."""

    spans: list[Span] = field(default_factory=list)

    def add(self, kind: Kind, parent: str | None = None, id: str = "") -> None:
        n = len(self.spans)
        self.spans.append(
            Span(
                trace_id="000000000000000a",
                id=id or f"{n + 1:016x}",
                parent_id=parent or (self.spans[-1].id if self.spans else None),
                kind=kind,
                name=f"step {n}",
                timestamp=Micros(1_000_000 + 1000 * n),
                duration=Micros(16_000 - 2000 * n),
                local_endpoint=Endpoint(service_name=f"s{n}"),
            )
        )


def the_story(spans: int = 8) -> list[Span]:
    chain = Chain()
    for n in range(spans):
        chain.add((Kind.SERVER, Kind.CLIENT)[n % 2])
    return chain.spans


def two_requests() -> list[Span]:
    first, second = the_story(4), the_story(4)
    moved = {s.id: f"{int(s.id, 16) + 16:016x}" for s in second}
    return first + [
        Span(
            trace_id=s.trace_id,
            id=moved[s.id],
            parent_id=moved.get(s.parent_id or ""),
            kind=s.kind,
            timestamp=s.timestamp,
        )
        for s in second
    ]


def two_servers_in_a_row() -> list[Span]:
    chain = Chain(the_story(7))
    chain.add(Kind.SERVER)
    return chain.spans


def a_retry() -> list[Span]:
    chain = Chain(the_story(7))
    chain.add(Kind.CLIENT, parent=chain.spans[0].id)
    return chain.spans


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (the_story(), True),
        (list(reversed(the_story())), True),
        (the_story(7), False),
        (the_story(10), False),
        ([], False),
        (two_requests(), False),
        (two_servers_in_a_row(), False),
        (a_retry(), False),
    ],
    ids=["8", "in any order", "7", "10", "none", "two of 4", "no client between", "a sibling"],
)
def test_is_one_chain_of_eight_alternating_spans(spans: list[Span], expected: bool) -> None:
    assert is_the_story(spans) is expected


def test_the_tree_shows_depth_names_and_times() -> None:
    assert tree_text(the_story(3)).splitlines() == [
        "SERVER s0      step 0  0.00 + 16.00 ms  ━━━━━━━━━━━━━━━━━━━━━━━━",
        "  CLIENT s1    step 1  1.00 + 14.00 ms   ━━━━━━━━━━━━━━━━━━━━━",
        "    SERVER s2  step 2  2.00 + 12.00 ms     ━━━━━━━━━━━━━━━━━━",
    ]


def test_the_tree_of_nothing_is_empty() -> None:
    assert tree_text([]) == ""

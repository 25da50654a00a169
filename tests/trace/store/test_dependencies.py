"""The store, which links traces that are alike once, agrees with linking every trace."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from tests.cast import DAY, NOON, TODAY, named, span
from tests.contract.base import NewStore, accept

from clew.span.model import Endpoint, Kind, Span
from clew.trace.dependencies import link
from clew.trace.store import SpanStore


def some_span(rnd: random.Random, trace_id: str, start: int) -> Span:
    def endpoint() -> Endpoint | None:
        name = rnd.choice(["a", "b", "c", None])
        return named(name, Endpoint(port=rnd.choice([None, 1, 2]))) if name else None

    own, parent = rnd.sample("123456", 2)
    return span(
        trace_id,
        own,
        parent_id=rnd.choice([None, parent, parent]),
        kind=rnd.choice([None, Kind.CLIENT, Kind.CLIENT, Kind.SERVER, Kind.SERVER, *Kind]),
        timestamp=NOON + start,
        local_endpoint=endpoint(),
        remote_endpoint=endpoint(),
        shared=rnd.random() < 0.3,
        tags={"error": ""} if rnd.random() < 0.3 else {},
    )


def some_traces(seed: int) -> list[Span]:
    """Small traces, so that many are alike; a tenth have ids of both lengths."""
    rnd = random.Random(seed)
    spans: list[Span] = []
    for number in range(1, 400):
        ids = [f"{number:x}"] + ["1".ljust(32 - len(f"{number:x}"), "0") + f"{number:x}"] * (
            rnd.random() < 0.1
        )
        # of reports that contradict each other the earlier is believed, so none start together
        starts = rnd.sample(range(6), rnd.randint(1, 6))
        spans += [some_span(rnd, rnd.choice(ids), start) for start in starts]
    return spans


@pytest.mark.parametrize("seed", range(3))
def test_the_store_agrees_with_the_linker(new_store: NewStore, seed: int) -> None:
    spans = some_traces(seed)
    store = new_store()
    accept(store, *spans)
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for each in spans:
        by_trace[each.trace_id[-16:]].append(each)
    assert store.dependencies(TODAY + DAY, DAY) == link(by_trace.values())


def test_traces_of_thousands_of_spans(new_store: NewStore) -> None:
    store: SpanStore = new_store()
    spans = [
        span(
            "1",
            f"{i:x}",
            parent_id=f"{i - 1:x}" if i > 1 else None,
            kind=Kind.CLIENT if i % 2 else Kind.SERVER,
            timestamp=NOON + i,
            local_endpoint=named("a" if i % 4 < 2 else "b"),
        )
        for i in range(1, 20_001)
    ]
    accept(store, *spans)
    assert store.dependencies(TODAY + DAY, DAY) == link([spans])

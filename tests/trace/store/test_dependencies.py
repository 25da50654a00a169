"""The store, which links traces that are alike once, agrees with linking every trace."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from tests.cast import DAY, NOON, TODAY, changed, named, span, trace
from tests.contract.base import NewStore, accept

from clew.span.model import Endpoint, Kind, Micros, Span
from clew.trace.dependencies import Calls, DependencyLink, link
from clew.trace.store import SpanStore, links
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine


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
        duration=rnd.choice([None, 0, rnd.randint(1, 10**7)]) or None,
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


HOUR = 3_600_000
"""In milliseconds."""
FAR = Micros(NOON + 100 * DAY * 1000)


def traces_of_hours(rnd: random.Random, first: int, last: int) -> list[Span]:
    """Traces that begin in these hours of the day: most short, some over the hour, a few odd."""
    spans: list[Span] = []
    for number in range(first * 20 + 1, last * 20 + 1):
        trace_id, hour = f"{number:x}", number // 20
        edge = rnd.random() < 0.3
        begin = hour * HOUR * 1000 + (3_599_999_998 if edge else rnd.randrange(3_599_000_000))
        for start in rnd.sample(range(6), rnd.randint(1, 6)):
            made = some_span(rnd, trace_id, begin + start - NOON + TODAY * 1000)
            odd = rnd.random()
            if odd < 0.03:
                made = changed(made, timestamp=None)
            elif odd < 0.06:
                made = changed(made, timestamp=Micros((made.timestamp or 0) + 2 * HOUR * 1000))
            elif odd < 0.08:
                made = changed(made, timestamp=FAR)
            spans.append(made)
    return spans


def expected(spans: list[Span], end_ts_ms: int, lookback_ms: int) -> list[DependencyLink]:
    """As obvious as can be: every trace with a span in the window, whole."""
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for each in spans:
        by_trace[each.trace_id].append(each)
    return link(
        trace
        for trace in by_trace.values()
        if any(end_ts_ms - lookback_ms <= (s.timestamp or 0) // 1000 <= end_ts_ms for s in trace)
    )


WINDOWS = [
    (9 * HOUR - 1, 9 * HOUR - 1),
    (9 * HOUR, 9 * HOUR),
    (6 * HOUR - 1, HOUR),
    (5 * HOUR + 1, 3 * HOUR),
    (4 * HOUR + 1_800_000, 1_800_000),
    (3 * HOUR - 1, 1),
    (30 * HOUR, 30 * HOUR),
]
"""End and length, in milliseconds after midnight: whole hours and not, cut at every place."""


@pytest.mark.parametrize("seed", range(3))
def test_settled_hours_change_nothing_but_the_work(engine: EmbeddedEngine, seed: int) -> None:
    rnd = random.Random(seed)
    database = "test_of_links"
    store = ClickHouseStore(engine, database=database)
    spans = traces_of_hours(rnd, 0, 8)

    def agrees() -> None:
        for end, lookback in WINDOWS:
            whole = expected(spans, TODAY + end, lookback)
            assert store.dependencies(TODAY + end, lookback) == whole

    try:
        accept(store, *spans)
        agrees()
        evening = TODAY * 1000 + 6 * HOUR * 1000
        assert store.links.settle(evening, lambda: False) == 5  # not the one that just ended
        agrees()
        assert store.links.settle(evening, lambda: False) == 0
        # what comes late makes its hours unsettled; a trace that was of one hour now is of two
        late = [
            *traces_of_hours(rnd, 2, 3),
            some_span(rnd, f"{45:x}", 4 * HOUR * 1000 - NOON + TODAY * 1000),
            span(f"{25:x}", "9", timestamp=FAR),
        ]
        accept(store, *late)
        spans += late
        agrees()
        assert store.links.settle(evening, lambda: False) >= 2
        agrees()
        # and a new process finds the same
        store.release()
        store = ClickHouseStore(engine, database=database)
        agrees()
        assert store.links.settle(evening, lambda: False) == 0
    finally:
        store.release()
        engine.define(f"DROP DATABASE {database}")


def test_settled_hours_are_not_linked_again(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ClickHouseStore(engine, database="test_of_links")
    try:
        accept(store, *trace())
        before = store.dependencies(TODAY + HOUR, HOUR)
        store.links.settle((TODAY + DAY) * 1000, lambda: False)
        monkeypatch.setattr(links, "count", lambda traces: {("linked", "anew"): Calls(1)})
        assert store.dependencies(TODAY + HOUR - 1, HOUR - 1) == before
        assert store.dependencies(TODAY + HOUR - 1, HOUR - 2) != before
    finally:
        store.release()
        engine.define("DROP DATABASE test_of_links")


def test_an_hour_that_another_has_settled_meanwhile_is_left_as_it_is(
    engine: EmbeddedEngine,
) -> None:
    one, other = (ClickHouseStore(engine, database="test_of_links") for _ in range(2))
    evening = (TODAY + DAY) * 1000
    settled: list[int] = []

    def stopping() -> bool:
        settled.append(other.links.settle(evening, lambda: False))
        return False

    try:
        accept(one, *trace())
        assert one.links.settle(evening, stopping) == 0
        assert settled == [1]
    finally:
        one.release()
        other.release()
        engine.define("DROP DATABASE test_of_links")

"""Questions to a store of a million spans of one day; beside them the engine reading every span."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any

from bench.traces import DAY, SPANS_A_TRACE, traces
from clew.span.model import Micros
from clew.trace.collect import columns
from clew.trace.query import Sort, TraceQuery
from clew.trace.search_language.parser import parse
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine
from clew.trace.store.links import Links

SPANS, BLOCK, ROUNDS = 1_000_000, 100_000, 9
BEGIN = 1_795_478_400_000_000
END_MS = (BEGIN + DAY) // 1000
_SCAN = (
    "SELECT count() FROM spans WHERE mapContains(tags, 'none') SETTINGS use_query_condition_cache=0"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        engine = EmbeddedEngine(Path(directory))
        store = ClickHouseStore(engine)
        try:
            ids = list(fill(store))
            print(f"{SPANS:,} spans in {len(ids):,} traces over 24 h; median and worst of {ROUNDS}")
            measure(engine, store, ids)
        finally:
            store.close()


def fill(store: ClickHouseStore) -> Iterable[str]:
    """Store the spans, an hour and a bit an insert; the ids of the traces."""
    made = traces(SPANS // SPANS_A_TRACE, BEGIN, DAY)
    while some := list(islice(made, BLOCK // SPANS_A_TRACE)):
        arrival = Micros((some[-1][0].timestamp or 0) + 1)
        store.insert(columns.table(list(chain.from_iterable(some)), arrival), some[0][0].trace_id)
        yield from (trace[0].trace_id for trace in some)


def measure(engine: EmbeddedEngine, store: ClickHouseStore, ids: list[str]) -> None:
    def ask(text: str = "", sort: Sort = Sort.NEWEST, **conditions: Any) -> Callable[[], object]:
        query = TraceQuery(
            expression=parse(text) if text else None,
            sort=sort,
            end_ts_ms=END_MS,
            lookback_ms=DAY // 1000,
            limit=10,
            **conditions,
        )
        return lambda: store.search(query)

    chosen = iter(ids[:: len(ids) // 100])
    session = engine.session({}, "clew")
    path = store.trace(ids[20])[0].tags["http.path"]
    service: dict[str, Any] = {"service": "service-7"}
    questions: dict[str, Callable[[], object]] = {
        "baseline: the engine reads the tags of every span": lambda: session.read(_SCAN),
        "trace by id": lambda: store.trace(next(chosen)),
        "10 newest of a service": ask(**service),
        "10 newest of a service with a tag": ask(**service, terms={"http.status_code": "500"}),
        "one value of a tag in the day": ask(terms={"http.path": path}),
        "10 slowest of the day": ask(sort=Sort.SLOWEST),
        "10 slowest of a service": ask(sort=Sort.SLOWEST, **service),
        "10 of the day, errors first": ask(sort=Sort.ERRORS),
        "q: {service = service-7 duration > 100ms} NOT error": ask(
            "{service = service-7 duration > 100ms} NOT error"
        ),
        "q: http.response_size > 49998": ask("http.response_size > 49998"),
        'q: http.path =~ "items/4242$"': ask('http.path =~ "items/4242$"'),
        "dependencies of the day, nothing settled": lambda: store.dependencies(END_MS, DAY // 1000),
    }
    print("| | ms | worst | ratio to the baseline |\n|---|---|---|---|")
    base = 0.0
    for name, question in questions.items():
        base = show(name, question, base)
    start = time.perf_counter()
    settle(store.links)
    took = time.perf_counter() - start
    show("dependencies of the day, settled", questions.popitem()[1], base)
    print(f"\nsettling those 24 hours once: {took:.1f} s")


def settle(links: Links) -> None:
    links.settle(BEGIN + 2 * DAY, lambda: False)


def show(name: str, question: Callable[[], object], base: float) -> float:
    """Print a row; answers what the others are compared with."""
    times = []
    question()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        question()
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    base = base or median
    print(f"| {name} | {1e3 * median:.0f} | {1e3 * max(times):.0f} | {median / base:.2f} |")
    return base


if __name__ == "__main__":
    main()

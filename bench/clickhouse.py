"""One store on three engines: embedded, a ClickHouse server, and two shards of one."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
from e2e.clickhouse_server import CLUSTER, servers
from scripts.clickhouse_server import fetch

from bench.servers import cpu, quiet
from bench.traces import DAY, SPANS_A_TRACE, traces
from clew.span.model import Micros
from clew.trace.collect import columns
from clew.trace.dsn import parse
from clew.trace.query import TraceQuery
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine
from clew.trace.store.server import ServerEngine

SPANS, BLOCK, ROUNDS = 300_000, 50_000, 9
BEGIN = 1_795_478_400_000_000
END_MS = (BEGIN + DAY) // 1000
BASELINE = "embedded"


@dataclass(frozen=True)
class Measured:
    """A store, and the processes whose work it is."""

    name: str
    store: ClickHouseStore
    processes: tuple[int, ...]

    def cpu(self) -> float:
        """Seconds of one core so far; what is left to merge is done first."""
        for process in self.processes:
            quiet(process)
        return sum(map(cpu, self.processes))


def main() -> None:
    fetch()
    with tempfile.TemporaryDirectory() as directory, opened(Path(directory)) as stores:
        blocks, ids = made()
        print(f"{SPANS:,} spans over 24 h; engines interleaved; median of {ROUNDS} questions")
        print("| | " + " | ".join(each.name for each in stores) + " |")
        print("|---" * (len(stores) + 1) + "|")
        show("spans/s and core, merges included", filled(stores, blocks), "{:,.0f}")
        chosen = iter(ids[:: len(ids) // 1000])
        for name, question in questions(chosen, ids).items():
            show(f"{name}, ms", asked(stores, question), "{:.0f}")


@contextmanager
def opened(directory: Path) -> Iterator[Sequence[Measured]]:
    """The stores, empty."""
    with ExitStack() as stack:
        embedded = ClickHouseStore(EmbeddedEngine(directory / "embedded"))
        stores = [Measured(BASELINE, stack.enter_context(closing(embedded)), (os.getpid(),))]
        for name, count in {"server": 1, "two shards": 2}.items():
            started = stack.enter_context(servers(directory / name.replace(" ", "-"), count))
            places = ",".join(server.place for server in started)
            cluster = f"?cluster={CLUSTER}" if count > 1 else ""
            engine = ServerEngine(parse(f"clickhouse://{places}{cluster}", {}))
            store = stack.enter_context(closing(ClickHouseStore(engine)))
            processes = (os.getpid(), *(server.pid for server in started))
            stores.append(Measured(name, store, processes))
        yield stores


def made() -> tuple[list[pa.Table], list[str]]:
    """What is inserted, and the ids of the traces."""
    blocks, ids = [], []
    every = traces(SPANS // SPANS_A_TRACE, BEGIN, DAY)
    while some := list(islice(every, BLOCK // SPANS_A_TRACE)):
        arrival = Micros((some[-1][0].timestamp or 0) + 1)
        blocks.append(columns.table(list(chain.from_iterable(some)), arrival))
        ids += [trace[0].trace_id for trace in some]
    return blocks, ids


def filled(stores: Sequence[Measured], blocks: Sequence[pa.Table]) -> list[float]:
    """Spans per second of one core."""
    used = [0.0] * len(stores)
    for number, block in enumerate(blocks):
        for at, each in enumerate(stores):
            before = each.cpu()
            each.store.insert(block, str(number))
            used[at] += each.cpu() - before
    return [SPANS / seconds for seconds in used]


def questions(
    ids: Iterator[str], every: Sequence[str]
) -> dict[str, Callable[[ClickHouseStore], object]]:
    """What a store is asked."""

    def search(**conditions: str) -> Callable[[ClickHouseStore], object]:
        query = TraceQuery(
            end_ts_ms=END_MS,
            lookback_ms=DAY // 1000,
            limit=10,
            service="service-7",
            terms=conditions,
        )
        return lambda store: store.search(query)

    return {
        "trace by id": lambda store: store.trace(next(ids)),
        "100 traces": lambda store: store.traces(every[:: len(every) // 100]),
        "names of services": lambda store: store.services(),
        "10 newest of a service": search(),
        "10 newest of a service with a tag": search(**{"http.status_code": "500"}),
        "dependencies of the day": lambda store: store.dependencies(END_MS, DAY // 1000),
    }


def asked(stores: Sequence[Measured], question: Callable[[ClickHouseStore], object]) -> list[float]:
    """Milliseconds, of the median."""
    times: list[list[float]] = [[] for _ in stores]
    for _ in range(1 + ROUNDS):
        for each, taken in zip(stores, times, strict=True):
            start = time.perf_counter()
            question(each.store)
            taken.append(1e3 * (time.perf_counter() - start))
    # the first fills caches
    return [statistics.median(taken[1:]) for taken in times]


def show(name: str, values: Sequence[float], form: str) -> None:
    """A row, with ratios to the first."""
    base = values[0]
    cells = [form.format(base)]
    cells += [f"{form.format(value)} ({value / base:.2f})" for value in values[1:]]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

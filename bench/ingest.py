"""Spans over HTTP into durable parts; beside it the engine alone taking the same columns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa

from bench.load import Result
from bench.posting import A_BODY, CONNECTIONS, JSON, OTLP, PROTO3, post
from bench.servers import Server, clew_traces, cpu, peak_mb, quiet, settle
from bench.traces import SPANS_A_TRACE, traces
from clew.span.model import Micros, Span
from clew.trace.collect import columns
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine

SPANS, BLOCK = 300_000, 50_000
ROUNDS = 3
BASELINE = "baseline: the engine alone, columns from memory"
HOUR = 3_600_000_000
FORMATS = {"JSON v2": JSON, "proto3": PROTO3, "OTLP protobuf": OTLP}


@dataclass(frozen=True)
class Taken:
    """What it took to store all spans."""

    cpu: float
    """Seconds of one core, merges included."""
    wall: float
    """Seconds until all were in parts."""
    memory: float
    """The most that was resident, in MB."""
    posts: Result
    """Empty for the engine alone."""

    @property
    def rate(self) -> float:
        """Spans per second of one core."""
        return SPANS / self.cpu


def main() -> None:
    if sys.argv[-1] == "--engine-alone":
        return engine_alone()
    begin = time.time_ns() // 1000 - HOUR
    made = list(chain.from_iterable(traces(SPANS // SPANS_A_TRACE, begin, HOUR)))
    requests = {name: form.requests(made) for name, form in FORMATS.items()}
    results: dict[str, list[Taken]] = {name: [] for name in (BASELINE, *FORMATS)}
    for _ in range(ROUNDS):
        results[BASELINE].append(_engine())
        for name in FORMATS:
            results[name].append(served(requests[name]))
    print(
        f"{SPANS:,} spans in bodies of {A_BODY}, {CONNECTIONS} connections, as fast as accepted;"
        f" {ROUNDS} rounds, interleaved, the median by spans/s and core"
    )
    print("| | spans/s and core | ratio | spans/s | POST p50 ms | p99 ms | resident MB |")
    print("|---|---|---|---|---|---|---|")
    base = median(results[BASELINE]).rate
    for name, taken in results.items():
        middle = median(taken)
        posts = middle.posts
        p50, p99 = (
            f"{1e3 * posts.quantile(q):.1f}" if posts.latencies else "" for q in (0.5, 0.99)
        )
        print(
            f"| {name} | {middle.rate:,.0f} | {middle.rate / base:.2f}"
            f" | {SPANS / middle.wall:,.0f} | {p50} | {p99} | {middle.memory:.0f} |"
        )
    print("published, other machines: Jaeger on ClickHouse 13,000 spans/s and core,")
    print("the OpenTelemetry collector 12,000, Uptrace over 10,000")


def median(taken: list[Taken]) -> Taken:
    return sorted(taken, key=lambda one: one.rate)[len(taken) // 2]


def served(requests: list[bytes]) -> Taken:
    """Post ``requests`` to a server of its own."""
    with tempfile.TemporaryDirectory() as directory, clew_traces(directory) as server:
        return measured(server, requests)


def measured(server: Server, requests: list[bytes]) -> Taken:
    before, start = cpu(server.pid), time.perf_counter()
    posts = post(server, requests)
    settle(server)
    wall = time.perf_counter() - start
    quiet(server.pid)
    return Taken(cpu(server.pid) - before, wall, peak_mb(server.pid), posts)


def engine_alone() -> None:
    """What a child process does: only the inserts are measured, and the merges after them."""
    begin = time.time_ns() // 1000 - HOUR
    made = traces(SPANS // SPANS_A_TRACE, begin, HOUR)
    blocks = []
    while some := list(chain.from_iterable(islice(made, BLOCK // SPANS_A_TRACE))):
        blocks.append(_block(some))
    with tempfile.TemporaryDirectory() as directory:
        store = ClickHouseStore(EmbeddedEngine(Path(directory)))
        before, start = cpu(os.getpid()), time.perf_counter()
        for number, block in enumerate(blocks):
            store.insert(block, str(number))
        wall = time.perf_counter() - start
        quiet(os.getpid())
        print(json.dumps([cpu(os.getpid()) - before, wall, peak_mb(os.getpid())]))
        store.close()


def _block(spans: list[Span]) -> pa.Table:
    return columns.table(spans, Micros(time.time_ns() // 1000))


def _engine() -> Taken:
    command = [sys.executable, "-m", "bench.ingest", "--engine-alone"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    used, wall, memory = json.loads(done.stdout)
    return Taken(used, wall, memory, Result())


if __name__ == "__main__":
    main()

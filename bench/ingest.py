"""Spans over HTTP into durable parts; beside it the engine alone taking the same columns."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from bench.load import Result, read_response
from bench.traces import SPANS_A_TRACE, traces
from clew.span import json_v2, proto3
from clew.span.model import Micros, Span
from clew.trace.collect import columns
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.engine import Engine

SPANS, A_BODY, CONNECTIONS, BLOCK = 300_000, 100, 8, 50_000
ROUNDS = 3
BASELINE = "baseline: the engine alone, columns from memory"
HOUR = 3_600_000_000
FORMATS = {
    "JSON v2": (json_v2.encode_list, "application/json"),
    "proto3": (proto3.encode_list, "application/x-protobuf"),
}
_TICKS = os.sysconf("SC_CLK_TCK")


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
    bodies = {
        name: [encode(made[i : i + A_BODY]) for i in range(0, len(made), A_BODY)]
        for name, (encode, _) in FORMATS.items()
    }
    results: dict[str, list[Taken]] = {name: [] for name in (BASELINE, *FORMATS)}
    for _ in range(ROUNDS):
        results[BASELINE].append(_engine())
        for name, (_, content_type) in FORMATS.items():
            results[name].append(served(bodies[name], content_type))
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


def served(bodies: list[bytes], content_type: str) -> Taken:
    """Post ``bodies`` to a server of its own."""
    with tempfile.TemporaryDirectory() as directory, _server(directory) as (address, pid):
        cpu, start = _cpu(pid), time.perf_counter()
        head = f"POST /api/v2/spans HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
        requests = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
        url = urlsplit(address)
        assert url.hostname
        assert url.port
        posts = asyncio.run(post(url.hostname, url.port, requests))
        while _waiting(address):
            time.sleep(0.05)
        wall = time.perf_counter() - start
        _quiet(pid)
        return Taken(_cpu(pid) - cpu, wall, _peak_mb(pid), posts)


async def post(host: str, port: int, requests: list[bytes]) -> Result:
    """Each request once, over a few connections, each as soon as the last was answered."""
    result, left = Result(), iter(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in left:
            status = 503
            while status == 503:
                start = time.perf_counter()
                writer.write(request)
                status = await read_response(reader)
                result.latencies.append(time.perf_counter() - start)
                if status == 503:
                    await asyncio.sleep(0.05)
            result.failures += status != 202
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    assert not result.failures
    return result


def engine_alone() -> None:
    """What a child process does: only the inserts are measured, and the merges after them."""
    begin = time.time_ns() // 1000 - HOUR
    made = traces(SPANS // SPANS_A_TRACE, begin, HOUR)
    blocks = []
    while some := list(chain.from_iterable(islice(made, BLOCK // SPANS_A_TRACE))):
        blocks.append(_block(some))
    with tempfile.TemporaryDirectory() as directory:
        store = ClickHouseStore(Engine(Path(directory)))
        cpu, start = _cpu(os.getpid()), time.perf_counter()
        for number, block in enumerate(blocks):
            store.insert(block, str(number))
        wall = time.perf_counter() - start
        _quiet(os.getpid())
        print(json.dumps([_cpu(os.getpid()) - cpu, wall, _peak_mb(os.getpid())]))
        store.close()


def _block(spans: list[Span]) -> pa.Table:
    return columns.table(spans, Micros(time.time_ns() // 1000))


def _engine() -> Taken:
    command = [sys.executable, "-m", "bench.ingest", "--engine-alone"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    cpu, wall, memory = json.loads(done.stdout)
    return Taken(cpu, wall, memory, Result())


@contextmanager
def _server(directory: str) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "clew", "traces", "--port", "0", "--store", directory]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            yield ready.split("ready: ")[1].split("/zipkin/")[0], process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _waiting(address: str) -> int:
    """How many spans are accepted and not stored."""
    with urllib.request.urlopen(f"{address}/prometheus") as answer:
        lines = answer.read().decode().splitlines()
    return int(sum(float(li.split()[-1]) for li in lines if li.startswith("clew_spans_waiting")))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _quiet(pid: int) -> None:
    """Wait until the merges are done: the process then uses less than a tenth of a core."""
    before = _cpu(pid)
    while True:
        time.sleep(1)
        now = _cpu(pid)
        if now - before < 0.1:
            return
        before = now


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(li.split()[1]) * 1024 / 1e6 for li in lines if li.startswith("VmHWM:"))


if __name__ == "__main__":
    main()

"""One of five endpoints is slow: its share of requests by `roundRobin`, `p2c` and `ewma`."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bench.load import Result, steady
from clew.mesh.app import run

SLOW, FAST = 0.2, 0.02
"""Seconds that an endpoint takes."""
RATE, SECONDS, WARM_UP, ROUNDS = 100, 5, 4, 3
BALANCERS = ("roundRobin", "p2c", "ewma")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def main() -> None:
    shares, results = asyncio.run(measure())
    print(f"{RATE} rps, {ROUNDS} × {SECONDS} s each, interleaved, after {WARM_UP} s of warming up")
    print(f"endpoints: four of {1e3 * FAST:.0f} ms, one of {1e3 * SLOW:.0f} ms")
    print("| | to the slow one | p50 ms | p99 ms | p99, ratio to the baseline |")
    print("|---|---|---|---|---|")
    base = results[BALANCERS[0]].quantile(0.99)
    for kind in BALANCERS:
        p50, p99 = (results[kind].quantile(q) for q in (0.5, 0.99))
        name = f"baseline: {kind}" if kind == BALANCERS[0] else kind
        print(
            f"| {name} | {100 * shares[kind]:.1f} % | {1e3 * p50:.0f} | {1e3 * p99:.0f} "
            f"| {p99 / base:.2f} |"
        )


async def measure() -> tuple[dict[str, float], dict[str, Result]]:
    slow, asked = Counter[str](), Counter[str]()
    results = {kind: Result() for kind in BALANCERS}
    async with mesh(slow) as port:
        for number in range(ROUNDS):
            for kind in BALANCERS:
                request = f"GET / HTTP/1.1\r\nHost: {kind}\r\n\r\n".encode()
                if number == 0:
                    await steady("127.0.0.1", port, request, RATE, WARM_UP)
                before = slow[kind]
                part = await steady("127.0.0.1", port, request, RATE, SECONDS)
                results[kind].latencies += part.latencies
                asked[kind] += RATE * SECONDS
                asked[f"{kind} slow"] += slow[kind] - before
    return {kind: asked[f"{kind} slow"] / asked[kind] for kind in BALANCERS}, results


@asynccontextmanager
async def mesh(slow: Counter[str]) -> AsyncIterator[int]:
    """The port of a router with a name for each balancer; ``slow`` counts by name."""
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    servers = [
        await asyncio.start_server(app(slow if n == 0 else None), "127.0.0.1", 0) for n in range(5)
    ]
    with tempfile.TemporaryDirectory() as directory:
        places = "".join(f"127.0.0.1 {s.sockets[0].getsockname()[1]}\n" for s in servers)
        for kind in BALANCERS:
            (Path(directory) / kind).write_text(places)
        file = Path(directory) / "linkerd.json"
        file.write_text(json.dumps(linker(directory)))
        running = asyncio.create_task(run(file, None, stop, ready.set_result))
        try:
            addresses = await ready
            yield int(addresses.servers[0][1].rpartition(":")[2])
        finally:
            stop.set()
            await running
            for server in servers:
                server.close()


def linker(directory: str) -> dict[str, object]:
    balanced = [
        {"prefix": f"/#/io.l5d.fs/{kind}", "loadBalancer": {"kind": kind}} for kind in BALANCERS
    ]
    return {
        "admin": {"port": 0, "shutdownGraceMs": 1000},
        "namers": [{"kind": "io.l5d.fs", "rootDir": directory}],
        "routers": [
            {
                "protocol": "http",
                "dtab": "/svc => /#/io.l5d.fs",
                "servers": [{"port": 0}],
                "client": {"kind": "io.l5d.static", "configs": balanced},
            }
        ],
    }


def app(slow: Counter[str] | None) -> Serve:
    """A server that is slow, and counts requests by name, when it is given ``slow``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                if slow is not None:
                    (host,) = (
                        line[6:] for line in head.splitlines() if line[:6].lower() == "host: "
                    )
                    slow[host] += 1
                await asyncio.sleep(FAST if slow is None else SLOW)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return serve

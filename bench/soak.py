"""``python -m bench soak --minutes N``: a mesh for long under load, while all around it changes."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from e2e.mesh_world import free_port

from bench.answering import answering
from bench.load import Result, run, steady
from bench.servers import resident_mb
from bench.two_hops import envoys, mesh

MINUTES, RATE = 60, 1000
"""The rate is about half of what two routers sustain on two shared cores when all is traced."""
WARM_UP = 10
"""Seconds before memory is looked at first."""
APPS = 4
ENDPOINTS_SECONDS, DTAB_SECONDS = 1.0, 5.0
REQUEST = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench soak")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=int, default=RATE)
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        collector, *apps = (
            urlsplit(stack.enter_context(answering()).address).port or 0 for _ in range(APPS + 1)
        )
        changing = Changing(Path(directory), apps)
        port = free_port()
        file = Path(directory) / "linkerd.json"
        file.write_text(json.dumps(changing.linker(port, collector)))
        pid = stack.enter_context(mesh(file, port))
        parts = {"Envoy": envoys(pid), "control plane and relay": (pid,)}
        warm = run(steady("127.0.0.1", port, REQUEST, options.rate, WARM_UP))
        result, memory = run(soak(port, options.rate, 60 * options.minutes, changing, parts))
    print(f"{options.minutes:g} minutes at {options.rate:,} rps through both routers, all traced;")
    print(f"{changing.endpoints} changes of endpoints and {changing.dtabs} of the dtab meanwhile\n")
    print("| | start | middle | end | end, ratio to start |\n|---|---|---|---|---|")
    for name in parts:
        start, middle, end = (memory[at][name] for at in (0, len(memory) // 2, -1))
        print(f"| {name}, resident MB | {start:.0f} | {middle:.0f} | {end:.0f} ", end="")
        print(f"| {end / start:.2f} |")
    times = (f"{1e3 * result.quantile(q):.1f}" for q in (0.5, 0.99, 0.999))
    print(
        f"\nrequests {len(result.latencies):,}, failed {result.failures + warm.failures}; ", end=""
    )
    print(f"p50, p99, p999 ms: {', '.join(times)}")


class Changing:
    """Two services in files, and a dtab that says which of them is used, both anew all the time."""

    def __init__(self, directory: Path, apps: list[int]) -> None:
        self._apps = apps
        self._disco = directory / "disco"
        self._dtab = directory / "dtab"
        self._random = random.Random(1)
        self.endpoints = self.dtabs = 0
        """Changes so far."""
        self._disco.mkdir()
        self.change_endpoints()
        self.change_dtab()

    def linker(self, port: int, collector: int) -> dict[str, object]:
        incoming = free_port()
        zipkin = {"kind": "io.l5d.zipkin", "host": "127.0.0.1", "port": collector}
        return {
            "admin": {"port": free_port()},
            "namers": [{"kind": "io.l5d.fs", "rootDir": str(self._disco)}],
            "telemetry": [{**zipkin, "sampleRate": 1.0}],
            "routers": [
                {
                    "protocol": "http",
                    "label": "outgoing",
                    "dtab": f"/svc/* => /$/inet/127.0.0.1/{incoming}",
                    "servers": [{"port": port}],
                },
                {
                    "protocol": "http",
                    "label": "incoming",
                    "interpreter": {"kind": "io.l5d.fs", "dtabFile": str(self._dtab)},
                    "servers": [{"port": incoming}],
                },
            ],
        }

    def change_endpoints(self) -> None:
        for service in ("blue", "green"):
            some = self._random.sample(self._apps, self._random.randint(1, len(self._apps)))
            _replace(self._disco / service, "".join(f"127.0.0.1 {port}\n" for port in some))
        self.endpoints += 1

    def change_dtab(self) -> None:
        share = self._random.randint(0, 10)
        _replace(
            self._dtab,
            f"/srv => /#/io.l5d.fs; /svc/* => {share} * /srv/blue & {10 - share} * /srv/green",
        )
        self.dtabs += 1

    async def run(self) -> None:
        async def each(seconds: float, change: Callable[[], None]) -> None:
            while True:
                await asyncio.sleep(seconds)
                change()

        async with asyncio.TaskGroup() as group:
            group.create_task(each(ENDPOINTS_SECONDS, self.change_endpoints))
            group.create_task(each(DTAB_SECONDS, self.change_dtab))


def _replace(file: Path, text: str) -> None:
    """Whole at once, as files of a ConfigMap change."""
    new = file.with_name(f".{file.name}")
    new.write_text(text)
    os.replace(new, file)


async def soak(
    port: int, rate: float, seconds: float, changing: Changing, parts: dict[str, tuple[int, ...]]
) -> tuple[Result, list[dict[str, float]]]:
    """The load, and resident MB by part, looked at 21 times from start to end."""
    memory: list[dict[str, float]] = []

    async def look() -> None:
        for number in range(21):
            if number:
                await asyncio.sleep(seconds / 20)
            memory.append({name: sum(map(resident_mb, pids)) for name, pids in parts.items()})

    changes, looks = asyncio.create_task(changing.run()), asyncio.create_task(look())
    try:
        result = await steady("127.0.0.1", port, REQUEST, rate, seconds)
        await looks
        return result, memory
    finally:
        changes.cancel()

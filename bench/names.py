"""What names cost: the first request to one, 10,000 of them, and 100,000 that lead nowhere."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from e2e.mesh_world import App, free_port

from bench.load import read_response
from bench.running import descendants
from bench.servers import resident_mb

FIRST, KNOWN, GARBAGE = 300, 10_000, 100_000
PARALLEL = 20
LINKER = """
admin: {{port: {admin}}}
routers:
- protocol: http
  bindingCache: {{paths: 20000}}
  interpreter: {{kind: io.l5d.fs, dtabFile: {dtab}}}
  servers: [{{port: {port}}}]
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory)))


async def measure(directory: Path) -> None:
    app, other = App("app"), App("other")
    servers = [await asyncio.start_server(each.serve, "127.0.0.1", 0) for each in (app, other)]
    places = [server.sockets[0].getsockname()[1] for server in servers]
    dtab = directory / "dtab"
    dtab.write_text(f"/known => /$/inet/127.1/{places[0]}; /svc/* => /known")
    port, admin = free_port(), free_port()
    file = directory / "linkerd.yaml"
    file.write_text(LINKER.format(dtab=dtab, port=port, admin=admin))
    with mesh(file, admin) as pid, closing(Client(port)) as client:
        await client.ask("warm")
        print("| | |\n|---|---|")
        first = sorted([await client.ask(f"first{i}") for i in range(FIRST)])
        again = sorted([await client.ask(f"first{i}") for i in range(FIRST)])
        for what, times in (("first request to a name", first), ("the second", again)):
            row = " / ".join(f"{1e3 * times[int(q * len(times))]:.1f}" for q in (0.5, 0.99))
            print(f"| {what}, p50 / p99 ms | {row} |")
        before = memory(pid)
        took = await client.ask_all(f"known{i}" for i in range(KNOWN))
        show(f"{KNOWN:,} known names, {KNOWN / took:.0f} a second", before, memory(pid))
        begin = time.perf_counter()
        dtab.write_text(f"/known => /$/inet/127.1/{places[1]}; /svc/* => /known")
        await moved(client, other, f"known{KNOWN - 1}")
        print(f"| a dtab change to the last of them, s | {time.perf_counter() - begin:.1f} |")
    dtab.write_text(f"/svc/first => /$/inet/127.1/{places[0]}")
    with mesh(file, admin) as pid, closing(Client(port)) as client:
        await client.ask("first")
        before = memory(pid)
        await client.ask_all((f"garbage{i}" for i in range(GARBAGE // 10)), ok=False)
        tenth = memory(pid)
        await client.ask_all((f"garbage{i}" for i in range(GARBAGE // 10, GARBAGE)), ok=False)
        show(f"{GARBAGE // 10:,} garbage hosts", before, tenth)
        show(f"{GARBAGE:,} garbage hosts", before, memory(pid))
        print(f"| the known name then, ms | {1e3 * await client.ask('first'):.1f} |")
    for server in servers:
        server.close()
    await asyncio.sleep(0.1)  # the last connections end


@contextmanager
def mesh(file: Path, admin: int) -> Iterator[int]:
    """``clew mesh``, ready; its process id."""
    command = [sys.executable, "-m", "clew", "mesh", str(file)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            while not _answers(admin):
                time.sleep(0.1)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _answers(admin: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{admin}/admin/ping").is_success
    except httpx.HTTPError:
        return False


class Client:
    """Asks the router for names over one kept connection, or many."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, host: str, *, ok: bool = True) -> float:
        """Seconds to the end of the answer."""
        reader, writer = (
            self._idle.pop()
            if self._idle
            else await asyncio.open_connection("127.0.0.1", self._port)
        )
        begin = time.perf_counter()
        writer.write(f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        status = await read_response(reader)
        assert (status == 200) is ok, (host, status)
        self._idle.append((reader, writer))
        return time.perf_counter() - begin

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def ask_all(self, hosts: Iterator[str], *, ok: bool = True) -> float:
        """PARALLEL at a time. Seconds in all."""

        async def some() -> None:
            for host in hosts:
                await self.ask(host, ok=ok)

        begin = time.perf_counter()
        await asyncio.gather(*(some() for _ in range(PARALLEL)))
        return time.perf_counter() - begin


async def moved(client: Client, to: App, host: str) -> None:
    """When requests to ``host`` reach ``to``."""
    while not to.served:
        await client.ask(host)
        await asyncio.sleep(0.02)


def memory(pid: int) -> tuple[float, float]:
    """Resident MB of the control plane and of its Envoy."""
    envoys = [each for each, words in descendants(pid).items() if "envoy" in words.split(" ")[0]]
    return resident_mb(pid), sum(map(resident_mb, envoys))


def show(what: str, before: tuple[float, float], after: tuple[float, float]) -> None:
    for part, old, new in zip(("control plane", "Envoy"), before, after, strict=True):
        print(f"| {what}: {part}, resident MB before → after | {old:.0f} → {new:.0f} |")

"""A mesh that serves requests, as a process of its own.

Its Envoy must be born of a main thread, and in that of a test playwright holds the event loop.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.mesh_world import LINKER, App, World, get, new_world, running

REMEMBERING = LINKER.replace(
    "telemetry: [", "telemetry: [{{kind: io.l5d.recentRequests, sampleRate: 1, capacity: 40}}, "
)


@dataclass
class Served:
    """What of it a test has to know."""

    world: World
    apps: dict[str, int]
    """The port of each application."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.world.ports['admin']}"


@contextmanager
def serving(directory: Path) -> Iterator[Served]:
    """Until the end, /svc/hello and /svc/world are asked for; /svc/nobody was, and is not there."""
    with subprocess.Popen(
        [sys.executable, "-m", "e2e.mesh_with_traffic", directory],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        told = json.loads(process.stdout.readline())
        yield Served(World(directory, told["ports"]), told["apps"])
        # it ends with its input
        process.stdin.close()
    assert process.returncode == 0


async def _serve(directory: Path) -> None:
    world = new_world(directory, REMEMBERING)
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with running(world, App("hello"), App("world-v1", delay=0.02), App("world-v2")) as client:
        for host in ("hello", "world", "nobody"):
            await get(client, host)
        apps = {name: app.port for name, app in world.apps.items()}
        print(json.dumps({"ports": world.ports, "apps": apps}), flush=True)
        while not ended.done():
            await get(client, "hello")
            await get(client, "world")
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))

"""A mesh in this process with its real Envoy, and applications that say what they were sent."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from clew.mesh.app import Mesh
from clew.mesh.authority.lives import Lives
from clew.mesh.compile import Limits
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.sockets import claim_run_dir
from clew.mesh.serve.admission import Crowd
from clew.mesh.serve.linker_file import read_file

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: |
    /srv => /#/io.l5d.fs;
    /host => /srv;
    /svc => /host;
    /host/world => /srv/world-v1;
  interpreter: {{kind: default, transformers: [{{kind: io.l5d.port, port: {incoming}}}]}}
  servers: [{{port: {outgoing}}}]
  service: {{responseClassifier: {{kind: io.l5d.http.retryableRead5XX}}}}
- protocol: http
  label: incoming
  dtab: |
    /srv => /#/io.l5d.fs;
    /host => /srv;
    /svc => /host;
    /host/world => /srv/world-v1;
  servers: [{{port: {incoming}}}]
"""


PORTS = ("admin", "identifiers", "collector", "outgoing", "incoming")


@dataclass
class App:
    """An HTTP/1.1 server; its answer is a JSON object of what it was sent."""

    name: str
    fails: int = 0
    """Requests that it answers with 503 before it is well."""
    delay: float = 0.0
    """Seconds before each answer."""
    lines: tuple[str, ...] = ()
    """Header lines that its answers have too."""
    port: int = 0
    served: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").rstrip().split("\r\n")
                named = (line.split(": ", 1) for line in lines[1:])
                headers = {name.lower(): value for name, value in named}
                await reader.readexactly(int(headers.get("content-length", "0")))
                await self._answer(writer, lines[0], headers)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, line: str, headers: Mapping[str, str]
    ) -> None:
        self.served += 1
        await asyncio.sleep(self.delay)
        if headers.get("upgrade") == "websocket":
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
            writer.write(b"connection: upgrade\r\nupgrade: websocket\r\n\r\nhello")
            return
        status = "200 OK"
        if self.fails:
            self.fails, status = self.fails - 1, "503 Service Unavailable"
        body = json.dumps({"app": self.name, "line": line, "headers": headers}).encode()
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *self.lines]
        writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body)


@dataclass
class World:
    """The files and ports of one node. ``file`` may be edited while the mesh runs."""

    directory: Path
    ports: Mapping[str, int]
    apps: dict[str, App] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.directory / "linkerd.yaml"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['outgoing']}"

    def place(self, name: str, *lines: str) -> None:
        """The service ``name`` has these endpoints."""
        (self.directory / "disco" / name).write_text("".join(f"{line}\n" for line in lines))

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))


def free_port() -> int:
    """Below those that the system itself gives away, so that it is still free when it is used."""
    while True:
        port = random.randrange(16_384, 32_768)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def new_world(directory: Path, linker: str = LINKER) -> World:
    (directory / "disco").mkdir()
    ports = {name: free_port() for name in PORTS}
    world = World(directory, ports)
    world.file.write_text(linker.format(disco=directory / "disco", **ports))
    return world


@asynccontextmanager
async def running(
    world: World,
    *apps: App,
    limits: Limits | None = None,
    crowd: Crowd | None = None,
    lives: Lives | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """The mesh of ``world``, ready, a service for each app, and a client of its first router."""
    async with AsyncExitStack() as stack:
        for app in apps:
            server = await asyncio.start_server(app.serve, "127.0.0.1", 0)
            app.port = server.sockets[0].getsockname()[1]
            world.apps[app.name] = app
            stack.callback(server.close)
            world.place(app.name, f"127.0.0.1 {app.port}")
        collector = await asyncio.start_server(
            App("collector").serve, "127.0.0.1", world.ports["collector"]
        )
        stack.callback(collector.close)
        sockets = stack.enter_context(claim_run_dir(None))
        mesh = Mesh(
            read_file(world.file),
            sockets,
            find_envoy(),
            limits=limits or Limits(),
            crowd=crowd,
            lives=lives or Lives(),
        )
        await mesh.start(stack)
        edits = asyncio.create_task(mesh.follow_edits(world.file))
        stack.callback(edits.cancel)
        client = httpx.AsyncClient(base_url=world.url, timeout=30, trust_env=False)
        await stack.enter_async_context(client)
        ping = f"http://127.0.0.1:{world.ports['admin']}/admin/ping"

        async def ready() -> bool:
            return (await client.get(ping)).status_code == httpx.codes.OK

        await until(ready)
        yield client


async def until(condition: Callable[[], Any]) -> None:
    """The test's own timeout is the bound. ``condition`` may be asynchronous."""
    while True:
        held = condition()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        await asyncio.sleep(0.05)


async def raw(world: World, request: bytes, port: str = "outgoing") -> bytes:
    """What the outgoing router, or another port, says to these bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.ports[port])
    writer.write(request)
    reply = await reader.read()
    writer.close()
    return reply


async def gauges(world: World, client: httpx.AsyncClient) -> dict[str, float]:
    """clew's own numbers."""
    url = f"http://127.0.0.1:{world.ports['admin']}/admin/metrics/prometheus"
    lines = (await client.get(url)).text.splitlines()
    own = (line.rpartition(" ") for line in lines if line.startswith("clew_"))
    return {name: float(value) for name, _, value in own}


async def get(
    client: httpx.AsyncClient, host: str, path: str = "/", /, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get(path, headers={"host": host, **named})


def told(response: httpx.Response) -> dict[str, str]:
    """The headers that the application was sent."""
    assert response.status_code == 200, response.text
    headers: dict[str, str] = response.json()["headers"]
    return headers


async def load(client: httpx.AsyncClient, host: str, seen: Counter[int]) -> None:
    while True:
        seen[(await get(client, host)).status_code] += 1


async def meanwhile(
    work: Coroutine[Any, Any, None], loads: list[Coroutine[Any, Any, None]]
) -> None:
    tasks = [asyncio.create_task(each) for each in loads]
    try:
        await work
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome

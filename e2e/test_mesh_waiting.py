"""Envoy with a control plane that knows nothing: newly started, or waiting for its namers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import unquote_plus

import httpx
from prometheus_client import CollectorRegistry

from clew.mesh.compile import compile_linker
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets, claim_run_dir
from clew.mesh.naming.answer import Answer
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.path import Path as Name
from clew.mesh.serve.ads import AdsServer
from e2e.mesh_world import App, free_port, until

LINKER = """
namers: [{{kind: io.l5d.fs, rootDir: disco}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  bindingTimeoutMs: {timeout}
  servers: [{{port: {port}}}]
"""


@asynccontextmanager
async def envoy_of(sockets: Sockets) -> AsyncIterator[None]:
    """An Envoy that has its listeners; its control plane has started."""
    envoy = EnvoyProcess(find_envoy(), bootstrap("n1", sockets), sockets, concurrency=1, grace=1)
    await envoy.start()
    try:

        async def listens() -> bool:
            return bool(await envoy.admin.live_listeners())

        await until(listens)
        yield
    finally:
        await envoy.stop()


def control_plane(sockets: Sockets, linker: Linker, knows: Mapping[Name, Answer]) -> AdsServer:
    """Answers at once whatever follows from ``knows``."""

    def publish() -> None:
        made.publish(compile_linker(linker, made.asked, knows).snapshot)

    made = AdsServer(sockets.xds, publish, CollectorRegistry())
    publish()
    return made


def new_linker(port: int, binding_timeout_ms: int) -> Linker:
    text = LINKER.format(port=port, timeout=binding_timeout_ms)
    return read_linker(text, "linkerd.yaml")


def test_a_name_that_no_namer_answers_is_a_502_after_the_binding_timeout() -> None:
    port = free_port()
    linker = new_linker(port, 300)

    async def scenario() -> None:
        with claim_run_dir(None) as sockets:
            plane = control_plane(sockets, linker, {})
            await plane.start()
            async with envoy_of(sockets), httpx.AsyncClient(timeout=30) as client:
                reply = await client.get(f"http://127.0.0.1:{port}", headers={"host": "hello"})
            await plane.stop()
        assert reply.status_code == 502
        assert reply.text == (
            "Exceeded 300.milliseconds binding timeout while resolving name: /svc/hello"
        )
        assert unquote_plus(reply.headers["l5d-err"]) == reply.text

    asyncio.run(scenario())


def test_a_new_control_plane_that_knows_nothing_yet_wipes_nothing() -> None:
    port = free_port()
    linker = new_linker(port, 20_000)
    app = App("hello")

    def answers() -> dict[Name, Answer]:
        addresses = Addresses(frozenset({Address("127.0.0.1", app.port)}))
        paths = (Name.of("#", "io.l5d.fs", name) for name in ("hello", "new"))
        return {path: Bound(path, addresses) for path in paths}

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            server = await asyncio.start_server(app.serve, "127.0.0.1", 0)
            stack.callback(server.close)
            app.port = server.sockets[0].getsockname()[1]
            sockets = stack.enter_context(claim_run_dir(None))
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))

            async def status(host: str) -> int:
                url = f"http://127.0.0.1:{port}"
                return (await client.get(url, headers={"host": host})).status_code

            first = control_plane(sockets, linker, answers())
            await first.start()
            await stack.enter_async_context(envoy_of(sockets))
            assert await status("hello") == 200

            await first.stop()
            assert await status("hello") == 200

            knows: dict[Name, Answer] = {}
            second = control_plane(sockets, linker, knows)
            await second.start()
            stack.push_async_callback(second.stop)
            await until(lambda: second.asked == ("outgoing/svc/hello",))
            assert await status("hello") == 200
            waiting = asyncio.create_task(status("new"))
            await until(lambda: "outgoing/svc/new" in second.asked)
            knows |= answers()
            second.publish(compile_linker(linker, second.asked, knows).snapshot)
            assert await waiting == 200
            assert await status("hello") == 200

    asyncio.run(scenario())

"""A control plane that starts anew while Envoy goes on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry

from clew.mesh.compile import compile_linker
from clew.mesh.config.linker import read_linker
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import claim_run_dir
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
  bindingTimeoutMs: 20000
  servers: [{{port: {port}}}]
"""


def test_a_new_control_plane_that_knows_nothing_yet_wipes_nothing(tmp_path: Path) -> None:
    port = free_port()
    linker = read_linker(LINKER.format(port=port), "linkerd.yaml")
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

            def control_plane(knows: dict[Name, Answer]) -> AdsServer:
                def publish() -> None:
                    made.publish(compile_linker(linker, made.asked, knows).snapshot)

                made = AdsServer(sockets.xds, publish, CollectorRegistry())
                publish()
                return made

            first = control_plane(answers())
            await first.start()
            envoy = EnvoyProcess(
                find_envoy(), bootstrap("n1", sockets), sockets, concurrency=1, grace=1
            )
            await envoy.start()
            stack.push_async_callback(envoy.stop)

            async def listens() -> bool:
                return bool(await envoy.admin.live_listeners())

            await until(listens)
            assert await status("hello") == 200

            await first.stop()
            assert await status("hello") == 200

            knows: dict[Name, Answer] = {}
            second = control_plane(knows)
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

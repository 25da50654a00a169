"""The admin port of a mesh that serves requests."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import httpx
from tests.mesh.serve.authority import Authority

from e2e.mesh_world import LINKER, App, new_world, running, until


def test_the_pages_tell_what_became_of_the_names(tmp_path: Path) -> None:
    text = LINKER.replace(
        "telemetry: [", "telemetry: [{{kind: io.l5d.recentRequests, sampleRate: 1}}, "
    )
    world = new_world(tmp_path, text)
    admin = f"http://127.0.0.1:{world.ports['admin']}"

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            for host in ("hello", "nobody"):
                await client.get("/", headers={"host": host})
            document = (await client.get(f"{admin}/clew/names.json")).json()
            names = {name["name"]: name for name in document["names"]}
            place = f"127.0.0.1:{world.apps['hello'].port}"
            assert [each["address"] for each in names["incoming/svc/hello"]["endpoints"]] == [place]
            assert names["outgoing/svc/nobody"]["state"] == "unknown"
            assert names["outgoing/svc/nobody"]["why"] == "/#/io.l5d.fs/nobody: does not exist"
            assert document["rejected"] == []
            states = (await client.get(f"{admin}/client_state.json")).json()
            assert states["/#/io.l5d.fs/hello"] == {"state": "bound", "addresses": [place]}
            bound = (await client.get(f"{admin}/bound-names.json")).json()
            assert bound == ["/#/io.l5d.fs/hello"]
            tree = (await client.get(f"{admin}/admin/metrics.json?tree=1")).json()
            assert "server" in tree["rt"]["outgoing"]
            info = (await client.get(f"{admin}/admin/server_info")).json()
            assert info["name"] == "clew"
            assert info["uptime"] >= 0

            async def shown() -> bool:
                page = (await client.get(f"{admin}/requests")).text
                return all(cell in page for cell in ("<td>/svc/hello</td>", f"<td>{place}</td>"))

            await until(shown)

    asyncio.run(scenario())


def test_an_edit_puts_the_admin_port_behind_tls_and_a_broken_pair_changes_nothing(
    tmp_path: Path,
) -> None:
    world, authority = new_world(tmp_path), Authority.new("ours")
    authority.write(tmp_path / "ca.pem")
    authority.sign(tmp_path, "admin", "localhost")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    secure = f"https://localhost:{world.ports['admin']}"
    tls = f"tls: {{certPath: {tmp_path}/admin.pem, keyPath: {tmp_path}/admin.key}}, "

    async def scenario() -> None:
        async with (
            running(world, App("hello")),
            httpx.AsyncClient(verify=trusted, trust_env=False) as client,
        ):

            async def answers(url: str) -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get(f"{url}/admin/ping")).text == "pong"
                return False

            world.edit("admin: {", f"admin: {{{tls}")
            await until(lambda: answers(secure))
            assert not await answers(secure.replace("https", "http"))

            async def refused() -> str:
                document = (await client.get(f"{secure}/clew/mesh.json")).json()
                return "; ".join(each["why"] for each in document["refused"])

            world.edit("admin.key", "nowhere.key")
            await until(refused)
            assert "nowhere.key cannot be read" in await refused()
            world.edit("nowhere.key", "admin.key")

            async def mended() -> bool:
                return not await refused()

            await until(mended)
            world.edit(tls, "")
            await until(lambda: answers(secure.replace("https", "http")))

    asyncio.run(scenario())


def test_statsd_is_sent_what_was_counted(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        statsd = f"kind: io.l5d.statsd, port: {receiver.getsockname()[1]}, gaugeIntervalMs: 200"
        world = new_world(
            tmp_path, LINKER.replace("telemetry: [", f"telemetry: [{{{{{statsd}}}}}, ")
        )
        name = f"linkerd.rt.incoming.server.127_0_0_1_{world.ports['incoming']}"

        async def scenario() -> None:
            async with running(world, App("hello")) as client:
                for _ in range(3):
                    await client.get("/", headers={"host": "hello"})
                loop, told = asyncio.get_running_loop(), 0
                while told < 3:
                    lines = (await loop.sock_recv(receiver, 2000)).decode().splitlines()
                    found = (line.partition(f"{name}.requests:")[2] for line in lines)
                    told += sum(int(count.removesuffix("|c")) for count in found if count)
                assert told == 3

        asyncio.run(scenario())

"""Services found in DNS, through the real Envoy; how each namer finds them has unit tests."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from tests.mesh.namers.dns_server import DnsServer

from e2e.mesh_world import App, World, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.dnssrv, refreshIntervalSeconds: 1, domain: test, dnsHosts: ["DNS"]}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.dnssrv
  servers: [{{port: {outgoing}}}]
"""


def test_records_are_followed_without_a_failed_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = DnsServer(hosts={"here.test.": "127.0.0.1"})
        with server.listening():
            world = new_world(tmp_path, LINKER.replace("DNS", f"127.0.0.1:{server.port}"))
            async with running(world, App("one"), App("two")) as client:
                server.services["web.test."] = [f"0 0 {world.apps['one'].port} here.test."]
                seen: list[str] = []

                async def answered_by(app: str) -> bool:
                    response = await client.get("/", headers={"host": "web"})
                    assert response.status_code == httpx.codes.OK, response.text
                    seen.append(response.json()["app"])
                    return seen[-1] == app

                assert await answered_by("one")
                server.services["web.test."] = [f"0 0 {world.apps['two'].port} here.test."]
                await until(lambda: answered_by("two"))
                assert set(seen) == {"one", "two"}
                await shown(world, client)

    asyncio.run(scenario())


async def shown(world: World, client: httpx.AsyncClient) -> None:
    """What the namer knows stands on the admin port, in the list too."""
    admin = f"http://127.0.0.1:{world.ports['admin']}"
    assert "/namer_state/io.l5d.dnssrv.json" in (await client.get(f"{admin}/admin")).text
    state = (await client.get(f"{admin}/namer_state/io.l5d.dnssrv.json")).json()
    (name, entry) = next(iter(state.items()))
    assert name == "/#/io.l5d.dnssrv/web"
    assert entry["watch"]["request"] == "SRV web.test."
    address = f"127.0.0.1:{world.apps['two'].port}"
    assert entry["state"]["value"] == {"state": "bound", "addresses": [address]}

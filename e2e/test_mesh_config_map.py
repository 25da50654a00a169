"""A router whose dtab is in a ConfigMap (io.l5d.k8s.configMap), through the real Envoy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from tests.mesh.namers.k8s.api_server import ApiServer, served

from e2e.mesh_world import App, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc/own => /#/io.l5d.fs/v1
  interpreter:
    kind: io.l5d.k8s.configMap
    host: 127.0.0.1
    port: API
    name: dtabs
    filename: main
  servers: [{{port: {outgoing}}}]
"""


def test_an_edited_config_map_is_followed_without_a_failed_request(tmp_path: Path) -> None:
    server = ApiServer()

    def put(dtab: str) -> None:
        server.put("configmaps", "default", "dtabs", data={"main": dtab})

    async def scenario() -> None:
        async with served(server):
            world = new_world(tmp_path, LINKER.replace("API", str(server.port)))
            put("/svc/web => /#/io.l5d.fs/v1")
            async with running(world, App("v1"), App("v2")) as client:

                async def asked(host: str) -> httpx.Response:
                    return await client.get("/", headers={"host": host})

                async def answered_by(app: str) -> bool:
                    response = await asked("web")
                    assert response.status_code == httpx.codes.OK, response.text
                    return bool(response.json()["app"] == app)

                assert await answered_by("v1")
                assert (await asked("own")).json()["app"] == "v1"
                put("/svc/web => /#/io.l5d.fs/v2")
                await until(lambda: answered_by("v2"))
                put("/svc/web = /#/io.l5d.fs/v1")
                await asyncio.sleep(0.3)
                assert await answered_by("v2")

                admin = f"http://127.0.0.1:{world.ports['admin']}"
                page = f"{admin}/outgoing/interpreter_state/io.l5d.k8s.configmap.json"
                shown = (await client.get(page)).json()
                assert shown["state"]["value"] == "/svc/web=>/#/io.l5d.fs/v2"
                (refused,) = (await client.get(f"{admin}/clew/mesh.json")).json()["refused"]
                assert refused["file"] == "main in ConfigMap default/dtabs"

                server.delete("configmaps", "default", "dtabs")

                async def leads_nowhere() -> bool:
                    return (await asked("web")).status_code == httpx.codes.BAD_GATEWAY

                await until(leads_nowhere)
                assert (await asked("own")).json()["app"] == "v1"

    asyncio.run(scenario())

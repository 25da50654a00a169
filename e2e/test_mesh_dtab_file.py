"""A router whose dtab is in a file of its own (io.l5d.fs), through the real Envoy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from e2e.mesh_world import App, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  interpreter: {{kind: io.l5d.fs, dtabFile: {disco}/../outgoing.dtab}}
  servers: [{{port: {outgoing}}}]
- protocol: http
  label: incoming
  dtab: /svc => /#/io.l5d.fs
  servers: [{{port: {incoming}}}]
"""


def test_an_edited_dtab_file_is_followed_without_a_failed_request(tmp_path: Path) -> None:
    world = new_world(tmp_path, LINKER)
    file = tmp_path / "outgoing.dtab"

    async def scenario() -> None:
        async with running(world, App("v1"), App("v2")) as client:
            # until there is a file, requests wait
            first = asyncio.create_task(client.get("/", headers={"host": "web"}))
            await asyncio.sleep(0.5)
            assert not first.done()
            file.write_text("/svc/web => /#/io.l5d.fs/v1")
            assert (await first).json()["app"] == "v1"

            async def answered_by(app: str) -> bool:
                response = await client.get("/", headers={"host": "web"})
                assert response.status_code == httpx.codes.OK, response.text
                return bool(response.json()["app"] == app)

            file.write_text("/svc/web => /#/io.l5d.fs/v2")
            await until(lambda: answered_by("v2"))
            file.write_text("/svc/web = /#/io.l5d.fs/v1")
            await asyncio.sleep(0.5)
            assert await answered_by("v2")

    asyncio.run(scenario())

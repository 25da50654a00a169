"""``compressionLevel``, by the real Envoy."""

from __future__ import annotations

import asyncio
from pathlib import Path

from e2e.mesh_world import App, get, new_world, running

LINKER = """
admin: {{port: {admin}}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  compressionLevel: 6
  servers: [{{port: {outgoing}}}]
"""


def test_text_is_compressed_for_clients_that_take_gzip(tmp_path: Path) -> None:
    world = new_world(tmp_path, LINKER)
    text = App("text", lines=("content-type: application/json",))
    picture = App("picture", lines=("content-type: image/png",))
    own = App("own", lines=("content-type: application/json", "content-encoding: own"))

    async def scenario() -> dict[tuple[str, str], str | None]:
        async with running(world, text, picture, own) as client:
            told = {}
            for app in world.apps:
                for accepted in ("gzip", "identity"):
                    answer = await get(client, app, accept_encoding=accepted)
                    assert answer.json()["app"] == app
                    told[app, accepted] = answer.headers.get("content-encoding")
            return told

    assert asyncio.run(scenario()) == {
        ("text", "gzip"): "gzip",
        ("text", "identity"): None,
        ("picture", "gzip"): None,
        ("picture", "identity"): None,
        ("own", "gzip"): "own",
        ("own", "identity"): "own",
    }

"""Spans of the real Envoy at a collector that takes only OTLP."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.mesh.relay.collector import Collector

from clew.span import otlp
from clew.span.model import Kind
from e2e.mesh_world import App, free_port, get, new_world, running, until

LINKER = """
admin: {{port: {admin}}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.clew.otlp, host: 127.0.0.1, port: PORT, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  servers: [{{port: {outgoing}}}]
"""


def test_both_sides_of_a_call_arrive_with_their_services(tmp_path: Path) -> None:
    port = free_port()
    world = new_world(tmp_path, LINKER.replace("PORT", str(port)))
    answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    collector = Collector(lambda number, spans: answer, otlp.decode_list, port)

    async def scenario() -> None:
        async with collector.running(), running(world, App("hello")) as client:
            await get(client, "hello")
            await until(lambda: len(collector.names) == 2)

    asyncio.run(scenario())
    spans = {span.kind: span for post in collector.posts for span in post}
    server, client = spans[Kind.SERVER], spans[Kind.CLIENT]
    assert collector.heads[0].startswith("post /v1/traces http/1.1\r\n")
    assert (server.service, client.service) == (
        f"127.0.0.1/{world.ports['outgoing']}",
        "#/io.l5d.fs/hello",
    )
    assert client.parent_id == server.id
    assert client.trace_id == server.trace_id
    assert server.tags["service"] == "/svc/hello"

"""The log of requests that the real Envoy writes, and how it is put aside."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from e2e.mesh_world import App, get, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  httpAccessLog: {disco}/../access.log
  httpAccessLogRollPolicy: 1.kilobyte
  httpAccessLogAppend: false
  servers: [{{port: {outgoing}}}]
"""
LINE = re.compile(
    r'hello 127\.0\.0\.1 - - \[\d\d/\d\d/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /(\d+) HTTP/1\.1" '
    r'200 \d+ "-" "python-httpx/.*"'
)
REQUESTS = 30


def test_each_request_has_a_line_and_none_is_lost_when_the_log_is_rolled(tmp_path: Path) -> None:
    world = new_world(tmp_path, LINKER)
    log = tmp_path / "access.log"
    log.write_text("of an earlier run\n")

    def rolled() -> list[Path]:
        return sorted(tmp_path.glob("access-*.log"))

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            for number in range(REQUESTS):
                await get(client, "hello", f"/{number}")
            await until(rolled)
            for number in range(REQUESTS, 2 * REQUESTS):
                await get(client, "hello", f"/{number}")
            await until(lambda: len(rolled()) == 2)

    asyncio.run(scenario())
    files = [*rolled(), *([log] if log.exists() else [])]
    lines = "".join(file.read_text() for file in files).splitlines()
    numbers = [match and int(match[1]) for match in map(LINE.fullmatch, lines)]
    assert sorted(filter(None, numbers)) == list(range(1, 2 * REQUESTS))
    assert len(numbers) == 2 * REQUESTS

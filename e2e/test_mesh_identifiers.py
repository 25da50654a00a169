"""How requests get their names, through the real Envoy."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from e2e.mesh_world import App, new_world, raw, running

LINKER = """
admin: {{port: {admin}, httpIdentifierPort: {identifiers}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  dtab: |
    /srv => /#/io.l5d.fs;
    /svc => /srv;
    /svc/1.1/GET => /srv;
    /svc/1.0 => /srv;
    /svc/team => /srv;
  identifier: IDENTIFIER
  servers: [{{port: {outgoing}}}]
"""

HEADER, PATH, CONSUMED, TARGET, STATIC, TOKEN = (
    "{{kind: io.l5d.header}}",
    "{{kind: io.l5d.path, segments: 2}}",
    "{{kind: io.l5d.path, consume: true}}",
    "{{kind: io.l5d.methodAndHost}}",
    "{{kind: io.l5d.static, path: /team/hello}}",
    "{{kind: io.l5d.header.token}}",
)

CASES = [
    (HEADER, "GET / HTTP/1.1|host: x|l5d-name: /team/hello", "/svc/team/hello", "/"),
    (HEADER, "GET / HTTP/1.1|host: x|l5d-name: invalid", 400, "/ '/' expected but 'i' found at "),
    (HEADER, "GET / HTTP/1.1|host: x|l5d-name: /\xff", 400, "/ l5d-name header is absent"),
    (HEADER, "GET / HTTP/1.1|host: x", 400, "/ l5d-name header is absent"),
    (PATH, "GET /team/hello/x?q=/1 HTTP/1.1|host: x", "/svc/team/hello", "/team/hello/x?q=/1"),
    (PATH, "GET /team?q=/1 HTTP/1.1|host: x", 400, "/ not enough segments in path"),
    (PATH, "GET /team/hello;dtab=/a=>/b HTTP/1.1|host: x", 400, "/ not enough segments in path"),
    (CONSUMED, "GET /hello/b/c/?q=1 HTTP/1.1|host: x", "/svc/hello", "/b/c/?q=1"),
    (CONSUMED, "GET /hello HTTP/1.1|host: x", "/svc/hello", "/"),
    (CONSUMED, "GET /hello?q=1 HTTP/1.1|host: x", "/svc/hello", "/?q=1"),
    (TARGET, "GET /a HTTP/1.1|host: Hello", "/svc/1.1/GET/Hello", "/a"),
    (STATIC, "GET /a HTTP/1.1|host: x", "/svc/team/hello", "/a"),
    (f"[{HEADER}, {CONSUMED}, {TOKEN}]", "GET /hello/y HTTP/1.1|host: x", "/svc/hello", "/y"),
    (f"[{HEADER}, {CONSUMED}, {TOKEN}]", "GET / HTTP/1.1|host: hello", "/svc/hello", "/"),
    (
        f"[{HEADER}, {CONSUMED}, {TOKEN}]",
        "GET /nope/y HTTP/1.1|host: x|l5d-name: /team/hello",
        "/svc/team/hello",
        "/nope/y",
    ),
    (f"[{HEADER}, {PATH}]", "GET / HTTP/1.1|host: hello", 400, "/ not enough segments in path"),
    (f"[{HEADER}, {PATH}]", "GET /team/hello HTTP/1.1", 400, "/ Host header is absent"),
    (f"[{HEADER}, {PATH}]", "GET /team/hello HTTP/1.1|host: x|l5d-name: ", 400, "/ '/' expected"),
    (f"[{HEADER}, {TOKEN}]", "GET / HTTP/1.1|host: ", 400, "/ Host header is absent"),
    (f"[{HEADER}, {TOKEN}]", "GET / HTTP/1.0|host: hello", "/svc/hello", "/"),
    (TARGET, "GET / HTTP/1.0|host: hello", 502, "service name: /svc/1.0/GET\n"),
    (TARGET, "GET / HTTP/1.0", 400, "/ Host header is absent"),
    (TOKEN, "GET / HTTP/1.1|host: Hello:80", 502, "service name: /svc/Hello:80\n"),
    (TOKEN, "GET / HTTP/1.1|host: hello|l5d-dtab: /a", 400, "'=' expected but end of input found"),
]


@pytest.mark.parametrize("identifier", dict.fromkeys(case[0] for case in CASES))
def test_a_request_is_named_and_the_identifier_port_tells_its_name(
    tmp_path: Path, identifier: str
) -> None:
    world = new_world(tmp_path, LINKER.replace("IDENTIFIER", identifier))

    async def scenario() -> None:
        async with running(world, App("hello")):
            for written, request, expected, shown in CASES:
                if written != identifier:
                    continue
                lines = "\r\n".join([*request.split("|"), "connection: close", "", ""])
                head = lines.encode("latin-1")
                reply = (await raw(world, head)).decode()
                told = json.loads((await raw(world, head, "identifiers")).partition(b"\r\n\r\n")[2])
                status = expected if isinstance(expected, int) else 200
                assert reply[9:12] == str(status), (request, reply)
                if status == 200:
                    assert f'"l5d-dst-service": "{expected}"' in reply
                    assert f'"line": "GET {shown} HTTP/1.1"' in reply, (request, reply)
                    assert "clew-" not in reply
                    # what is bound has its host in lower case
                    assert told["http"]["path"].lower() == str(expected).lower()
                    continue
                assert shown in reply, (request, reply)
                why = told["http"]["error"] if status == 400 else told["http"]["path"]
                assert why in reply, (request, reply, why)

    asyncio.run(scenario())

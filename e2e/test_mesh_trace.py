"""Diagnostic ``TRACE``: what each router did with a request, through the real Envoy."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from e2e.mesh_world import App, World, new_world, running
from e2e.test_mesh_bad_input import OK, answering, serve_as

WANTED = {"l5d-add-context": "true"}
CHUNKED = answering(OK + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
EMPTY = answering(OK + b"content-length: 0\r\n\r\n")
WITHOUT = answering(b"HTTP/1.1 204 No Content\r\n\r\n")

INCOMING = """\
--- Router: incoming ---
request duration: T ms
service name: /svc/hello
client name: /#/io.l5d.fs/hello
addresses: [127.0.0.1:{app}]
selected address: 127.0.0.1:{app}
dtab resolution:
  /svc/hello
  /host/hello (/svc=>/host)
  /srv/hello (/host=>/srv)
  /#/io.l5d.fs/hello (/srv=>/#/io.l5d.fs)
"""
OUTGOING = """\
--- Router: outgoing ---
request duration: T ms
service name: /svc/hello
client name: /%/io.l5d.port/{incoming}/#/io.l5d.fs/hello
addresses: [127.0.0.1:{incoming}]
selected address: 127.0.0.1:{incoming}
dtab resolution:
  /svc/hello
  /host/hello (/svc=>/host)
  /srv/hello (/host=>/srv)
  /#/io.l5d.fs/hello (/srv=>/#/io.l5d.fs)
  /%/io.l5d.port/{incoming}/#/io.l5d.fs/hello (PortTransformer)
"""


def blocks(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"request duration: \d+ ms", "request duration: T ms", text)


def test_each_router_adds_what_it_did_innermost_first(tmp_path: Path) -> None:
    world = new_world(tmp_path)

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            places = {"app": world.apps["hello"].port, "incoming": world.ports["incoming"]}
            incoming, outgoing = INCOMING.format(**places), OUTGOING.format(**places)

            async def trace(host: str = "hello", **headers: str) -> httpx.Response:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request("TRACE", "/", headers={"host": host, **named})

            both = await trace(**WANTED)
            answered, _, told = both.text.partition("\n\n")
            assert '"line": "TRACE / HTTP/1.1"' in answered
            assert "accept-encoding" in both.request.headers
            assert "accept-encoding" not in answered
            assert blocks(told) == f"{incoming}\n{outgoing}"
            assert not [name for name in both.headers if name.startswith("clew-")]

            # 0 is answered by the first router, 1 by the second, each before it asks anybody
            here = await trace(**WANTED, max_forwards="0")
            unasked = re.sub(r"(selected address:) .*", r"\1 ", outgoing)
            assert (here.status_code, blocks(here.text)) == (200, f"\n\n{unasked}")
            there = await trace(**WANTED, max_forwards="1")
            unasked = re.sub(r"(selected address:) .*", r"\1 ", incoming)
            assert blocks(there.text) == f"{unasked}\n{outgoing}"

            passed = await trace(max_forwards="3")
            assert passed.json()["headers"]["max-forwards"] == "1"
            assert (await trace()).json()["app"] == "hello"
            assert (await trace(max_forwards="0")).text == ""
            for bad in ("5x", "1.5", "0x1", "", "3000000000"):
                refused = await trace(max_forwards=bad)
                assert (refused.status_code, refused.text) == (
                    400,
                    "Invalid value for Max-Forwards header",
                )
                assert "l5d-err" not in refused.headers

            other = await client.get("/", headers={"host": "hello", **WANTED, "max-forwards": "0"})
            assert other.json()["headers"]["max-forwards"] == "0"

            # of many at once some are told less, and none fails
            many = await asyncio.gather(*(trace(**WANTED, max_forwards="0") for _ in range(80)))
            assert {each.status_code for each in many} == {200}
            assert all(each.text.startswith("\n\n--- Router: outgoing ---\n") for each in many)

            await of_other_answers(world, client)

    asyncio.run(scenario())


async def of_other_answers(world: World, client: httpx.AsyncClient) -> None:
    async def trace(host: str, **headers: str) -> httpx.Response:
        return await client.request("TRACE", "/", headers={"host": host, **WANTED, **headers})

    async with AsyncExitStack() as stack:
        for name, serve in (("chunked", CHUNKED), ("empty", EMPTY), ("without", WITHOUT)):
            await serve_as(name, serve, world, stack)
        assert (await trace("chunked")).text.startswith("abc\n\n--- Router: incoming ---\n")
        assert (await trace("empty")).text.startswith("--- Router: incoming ---\n")
        assert (await trace("without")).status_code == 204
    for headers in ({}, {"max-forwards": "0"}):
        nowhere = await trace("nobody", **headers)
        assert nowhere.status_code == 502
        assert nowhere.text.startswith("Unable to route request!")
        assert "--- Router" not in nowhere.text
    # where no connection could be made is told too
    world.place("dead", "127.0.0.1 1")
    dead = await trace("dead")
    assert dead.status_code == 502
    assert dead.text.startswith("Unable to establish connection to 127.0.0.1:1.")
    selected = re.findall("selected address: (.*)", dead.text)
    assert selected[-2:] == ["127.0.0.1:1", f"127.0.0.1:{world.ports['incoming']}"]
    moved = await trace("x", **{"l5d-dtab": "/svc/x=>/srv/hello"})
    assert "  /srv/hello (/svc/x=>/srv/hello)\n" in moved.text

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clew.mesh.config.linker import read_linker
from clew.mesh.serve import sending
from clew.mesh.serve.sending import SHOWN_BYTES, NoWayIn, Sent, door, send, sending_page

LINKER = read_linker(
    """
routers:
- {protocol: http, label: out, servers: [{port: 1, tls: {certPath: c, keyPath: k}}, {port: 2}]}
- {protocol: http, label: shut, servers: [{port: 3, tls: {certPath: c, keyPath: k}}]}
- {protocol: h2, label: grpc, servers: [{port: 4}]}
""",
    "linkerd.yml",
)
PLAIN: dict[str, object] = {"router": "out", "host": "hello"}


class Router:
    """Takes one request, and answers as it is told."""

    def __init__(self, answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n") -> None:
        self.answer = answer
        self.head = ""
        self.body = b""
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = (await reader.readuntil(b"\r\n\r\n")).decode()
        for line in self.head.lower().splitlines():
            if line.startswith("content-length: "):
                self.body = await reader.readexactly(int(line.partition(": ")[2]))
        writer.write(self.answer)
        if not self.answer:
            # until the other side has waited long enough
            await reader.read()
        writer.close()
        await writer.wait_closed()
        self.ended.set()

    @property
    def lines(self) -> list[str]:
        return self.head.rstrip().split("\r\n")

    @property
    def headers(self) -> dict[str, str]:
        pairs = (line.partition(": ") for line in self.lines[1:])
        return {name.lower(): value for name, _, value in pairs}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            if self.head:
                await self.ended.wait()


def sent_to(router: Router, **asked: Any) -> sending.Reply:
    async def scenario() -> sending.Reply:
        async with router.running() as place:
            return await send(msgspec.convert(PLAIN | asked, Sent), place, "0a" * 16)

    return asyncio.run(scenario())


def posted(router: Router, body: object, **headers: str) -> httpx.Response:
    async def scenario() -> httpx.Response:
        async with router.running() as place:

            async def find(label: str) -> str:
                if label != "out":
                    raise NoWayIn(f"There is no router {label} in the linker file")
                return place

            async def page(request: Request) -> Response:
                return await sending_page(request, find)

            app = Starlette(routes=[Route("/clew/send", page, methods=["POST"])])
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:9990"
            ) as client:
                return await client.post("/clew/send", json=body, headers=headers)

    return asyncio.run(scenario())


def test_what_is_sent_is_what_was_written() -> None:
    router = Router()
    reply = sent_to(
        router,
        path="/a/../b?c=%2F",
        headers=[["x-a", "1"], ["x-a", "2"]],
        dtab="/svc => /a ;\n/b => /c",
    )
    assert router.lines[0] == "GET /a/../b?c=%2F HTTP/1.1"
    assert [line for line in router.lines if line.startswith("x-a")] == ["x-a: 1", "x-a: 2"]
    assert router.headers["host"] == "hello"
    assert router.headers["l5d-dtab"] == "/svc => /a ; /b => /c"
    assert (reply.status, reply.body, reply.more) == (204, "", False)


def test_a_trace_of_its_own_is_begun_without_a_parent() -> None:
    router = Router()
    assert sent_to(router).trace_id == "0a" * 16
    assert {name: value for name, value in router.headers.items() if name.startswith("x-b3")} == {
        "x-b3-traceid": "0a" * 16,
        "x-b3-spanid": "0" * 16,
        "x-b3-sampled": "1",
    }


@pytest.mark.parametrize("name", ["b3", "TraceParent", "l5d-sample", "l5d-ctx-trace"])
def test_headers_that_say_how_it_is_traced_are_left_to_say_it(name: str) -> None:
    router = Router()
    assert sent_to(router, headers=[[name, "0"]]).trace_id is None
    assert "x-b3-traceid" not in router.headers


def test_a_body_is_posted() -> None:
    router = Router()
    sent_to(router, method="POST", body="né")
    assert (router.headers["content-length"], router.body.decode()) == ("3", "né")


def test_of_the_answer_the_beginning_is_told() -> None:
    head = b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\nl5d-err: a\r\nl5d-err: b\r\n\r\n"
    reply = sent_to(Router(head + b"\xff" + b"x" * SHOWN_BYTES))
    assert (reply.status, reply.more) == (302, True)
    assert reply.headers == (("location", "http://elsewhere/"), ("l5d-err", "a"), ("l5d-err", "b"))
    assert reply.body == "\ufffd" + "x" * (SHOWN_BYTES - 1)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"router": "nobody"}, "There is no router nobody in the linker file"),
        ({"host": "a b"}, "'a b' is no Host: write a name such as hello, or hello:80"),
        ({"host": ""}, "'' is no Host: write a name such as hello, or hello:80"),
        ({"path": "a"}, "'a' is no path: begin it with / and write blanks as %20"),
        ({"path": "/a b"}, "'/a b' is no path: begin it with / and write blanks as %20"),
        ({"headers": [["a:", "b"]]}, "'a:' is no name of a header"),
        (
            {"headers": [["Host", "b"]]},
            "Host cannot be given as a header: it follows from the request",
        ),
        (
            {"headers": [["a", "b\r\nc: d"]]},
            "The value of a has a line break or letters beside ASCII in it",
        ),
        ({"headers": [["a", "b"]] * 51}, "More than 50 headers"),
        (
            {"dtab": "/é => /a"},
            "The override is too long for a header, or has letters beside ASCII in it",
        ),
        ({"method": "PUT"}, "Invalid JSON: Invalid enum value 'PUT' - at `$.method`"),
        (
            {"url": "http://elsewhere"},
            "Invalid JSON: Object contains unknown field `url`",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason(
    changed: dict[str, object], why: str
) -> None:
    answer = posted(Router(), PLAIN | changed)
    assert (answer.status_code, answer.text) == (400, why)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:9990"}, 200),
        ({"origin": "http://elsewhere"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        # a proxy may show the admin port under another name, and tell the port its own
        ({"origin": "https://mesh.example", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://127.0.0.1:9990", "sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_pages_of_other_sites_send_nothing(headers: dict[str, str], status: int) -> None:
    router = Router()
    assert posted(router, PLAIN, **headers).status_code == status
    assert bool(router.head) == (status == 200)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:9990", 200),
        ("clew.localhost:9990", 200),
        ("127.0.0.1", 200),
        ("[::1]:9990", 200),
        (f"{socket.gethostname().upper()}:9990", 200),
        ("rebound.example:9990", 403),
        ("127.0.0.1.rebound.example", 403),
        ("", 403),
        ("[", 403),
    ],
)
def test_a_name_that_others_point_at_this_machine_sends_nothing(host: str, status: int) -> None:
    router = Router()
    answer = posted(router, PLAIN, host=host, **{"sec-fetch-site": "same-origin"})
    assert answer.status_code == status
    assert bool(router.head) == (status == 200)


def test_a_router_that_answers_nothing_or_no_http_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SEND_SECONDS", 0.2)
    answer = posted(Router(b""), PLAIN)
    assert (answer.status_code, answer.text) == (504, "No answer in 0 seconds")
    answer = posted(Router(b"SSH-2.0\r\n\r\n"), PLAIN)
    assert answer.status_code == 502
    assert answer.text.startswith("out closed the connection: ")


@pytest.mark.parametrize(
    ("place", "sent_to"),
    [
        ("0.0.0.0:5", "127.0.0.1:5"),
        ("[::]:5", "[::1]:5"),
        ("127.0.0.1:5", "127.0.0.1:5"),
        ("10.1.2.3:5", "10.1.2.3:5"),
    ],
)
def test_the_way_in_is_the_first_plain_server(place: str, sent_to: str) -> None:
    assert door(LINKER, {"out/0": "0.0.0.0:1", "out/1": place}, "out") == sent_to


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("nobody", "There is no router nobody in the linker file"),
        ("grpc", "grpc is an h2 router: requests are sent to http routers"),
        ("shut", "shut takes TLS alone, which only its own clients speak"),
        ("out", "out does not listen yet: try again in a second"),
    ],
)
def test_without_a_way_in_there_is_a_reason(label: str, why: str) -> None:
    with pytest.raises(NoWayIn, match=why):
        door(LINKER, {}, label)

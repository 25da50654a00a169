"""The sample app's HTTP against sockets: pieces, many requests, silence, garbage, stop."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from clew.demo.http1 import Client, MalformedResponse, Request, Response, Server


async def echo(request: Request) -> Response:
    if request.path == "/slow":
        await asyncio.sleep(0.05)
    if request.path == "/for-ever":
        await asyncio.sleep(3600)
    return Response(200, f"{request.method} {request.target} {request.body.decode()}".encode())


def talk(*pieces: bytes) -> bytes:
    """Sends the pieces one by one, then nothing more; returns all that came back."""

    async def scenario() -> bytes:
        server = Server(echo)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.005)
        with contextlib.suppress(OSError):  # the server may have closed it
            writer.write_eof()
        answer = await reader.read()
        writer.close()
        await server.stop(1)
        return answer

    return asyncio.run(scenario())


def bodies(answer: bytes) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([b"GET /a?b HTTP/1.1\r\nhost: x\r\n\r\n"], [b"GET /a?b "], id="a request"),
        pytest.param([b"GET / HT", b"TP/1.1\r\n\r", b"\n"], [b"GET / "], id="in pieces"),
        pytest.param(
            [b"GET /1 HTTP/1.1\r\n\r\n", b"GET /2 HTTP/1.1\r\n\r\n"],
            [b"GET /1 ", b"GET /2 "],
            id="two, one after the other",
        ),
        pytest.param(
            [b"GET /slow HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"],
            [b"GET /slow ", b"GET /2 "],
            id="two at once are answered in order",
        ),
        pytest.param(
            [b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"],
            [b"POST / ab"],
            id="a chunked body",
        ),
        pytest.param([b"HEAD / HTTP/1.1\r\n\r\n"], [b""], id="HEAD has no body"),
        pytest.param(
            [b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"],
            [b"GET / "],
            id="the client wants no more",
        ),
        pytest.param([b"\x16\x03\x01 no HTTP"], [], id="garbage"),
        pytest.param([b"GET / HTTP/1.1\r\n"], [], id="cut off"),
    ],
)
def test_requests(pieces: list[bytes], expected: list[bytes]) -> None:
    assert bodies(talk(*pieces)) == expected


def test_a_body_is_kept_only_to_a_limit() -> None:
    answer = talk(b"POST / HTTP/1.1\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000)
    assert len(bodies(answer)[0]) == len("POST / ") + 64 * 1024


def test_headers() -> None:
    head = talk(b"GET / HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")[0].decode().splitlines()
    assert head[0] == "HTTP/1.1 200 OK"
    assert head[1].startswith("date: ")
    assert head[2:] == [
        "content-type: text/plain; charset=utf-8",
        "content-length: 6",
        "connection: keep-alive",
    ]


def test_stop_lets_a_request_end_and_closes_idle_connections() -> None:
    async def scenario() -> list[bytes]:
        server = Server(echo)
        port = await server.start("127.0.0.1", 0)
        idle, _idle = await asyncio.open_connection("127.0.0.1", port)
        busy, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /slow HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.01)
        await server.stop(5)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        answers = [await idle.read(), await busy.read()]
        for each in (_idle, writer):
            each.close()
        return answers

    idle, busy = asyncio.run(scenario())
    assert idle == b""
    assert b"connection: close\r\n\r\nGET /slow " in busy


def test_stop_cuts_what_takes_longer_than_its_grace() -> None:
    async def scenario() -> bytes:
        server = Server(echo)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /for-ever HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.01)
        await server.stop(0.01)
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(scenario()) == b""


class Scripted:
    """A server that answers each connection with the next of its scripts."""

    def __init__(self, *scripts: list[bytes]) -> None:
        self._scripts = list(scripts)
        self.connections = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for answer in self._scripts.pop(0):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        writer.close()
        await writer.wait_closed()
        self.ended.set()


def get_twice(scripted: Scripted) -> list[Response]:
    async def scenario() -> list[Response]:
        server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
        async with server:
            client = Client("127.0.0.1", server.sockets[0].getsockname()[1])
            try:
                answers = [await client.get("/", (("host", "x"),))]
                await asyncio.sleep(0.01)
                answers.append(await client.get("/", (("host", "x"),)))
            finally:
                client.close()
                await scripted.ended.wait()
        return answers

    return asyncio.run(scenario())


ONE = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1"
TWO = b"HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("scripts", "connections"),
    [
        pytest.param([[ONE, TWO]], 1, id="a connection is used again"),
        pytest.param([[ONE], [TWO]], 2, id="one that was closed meanwhile is replaced"),
        pytest.param(
            [[b"HTTP/1.1 100 Continue\r\n\r\n" + ONE, TWO]], 1, id="an announcement is no answer"
        ),
        pytest.param([[b"HTTP/1.1 200 OK\r\n\r\n1"], [TWO]], 2, id="a body up to the end"),
        pytest.param(
            [[ONE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")], [TWO]],
            2,
            id="the server wants no more",
        ),
    ],
)
def test_answers(scripts: list[list[bytes]], connections: int) -> None:
    scripted = Scripted(*scripts)
    assert get_twice(scripted) == [Response(200, b"1"), Response(503, b"2")]
    assert scripted.connections == connections


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"", EOFError), (ONE[:-1], EOFError), (b"SSH-2.0\r\n\r\n", MalformedResponse)],
    ids=["nothing", "cut off", "not HTTP"],
)
def test_no_answer(answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        get_twice(Scripted([answer]))

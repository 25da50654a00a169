from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import grpc
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.trace.collect.standins import eventually

from clew.trace.collect import front
from clew.trace.collect.front import PREFACE, Front

Address = tuple[str, int]


class Server:
    """Echoes bodies over HTTP/1.1 and over gRPC, on one port."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.release.set()
        self.begun = asyncio.Event()
        self.address: Address = ("", 0)
        self.malformed = 0
        self.uvicorn: _Uvicorn

    def count_malformed(self) -> None:
        self.malformed += 1

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        self.begun.set()
        await self.release.wait()
        return PlainTextResponse(body)

    async def echo_rpc(self, body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        self.begun.set()
        await self.release.wait()
        return body

    @property
    def connections(self) -> int:
        return len(self.uvicorn.server_state.connections)


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(keep_alive: int = 60) -> AsyncIterator[Server]:
    server = Server()
    rpc: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(server.echo_rpc)
    rpcs = grpc.aio.server(options=[("grpc.max_receive_message_length", 1 << 20)])
    rpcs.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Test", {"Echo": rpc})])
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:
            stopping.append(asyncio.ensure_future(rpcs.stop(10)))

    with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as sock:
        path = Path(directory) / "grpc"
        rpcs.add_insecure_port(f"unix:{path}")
        await rpcs.start()
        config = uvicorn.Config(
            Starlette(routes=[Route("/", server.echo, methods=["GET", "POST"])]),
            http=Front.on(path, stop, server.count_malformed),
            lifespan="off",
            log_config=None,
            timeout_keep_alive=keep_alive,
            timeout_graceful_shutdown=10,
        )
        server.uvicorn = _Uvicorn(config)
        server.address = sock.getsockname()
        running = asyncio.create_task(server.uvicorn.serve([sock]))
        await server.uvicorn.accepting.wait()
        try:
            yield server
        finally:
            server.release.set()
            server.uvicorn.should_exit = True
            await running
            stop()
            await stopping[0]


def scenario(test: Callable[[Server], Awaitable[None]], keep_alive: int = 60) -> None:
    """Run ``test`` against a new server, and stop the server."""

    async def run() -> None:
        async with serving(keep_alive) as server:
            await test(server)

    asyncio.run(run())


async def talk(address: Address, *pieces: bytes) -> bytes:
    """Send each of ``pieces`` by itself, and answer all that comes until the server closes."""
    reader, writer = await asyncio.open_connection(*address)
    answer = b""
    with contextlib.suppress(ConnectionError):  # the server closed with bytes of ours unread
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
        answer = await reader.read()
    writer.close()
    return answer


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: clew", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def echo_rpc(server: Server, body: bytes) -> bytes:
    host, port = server.address
    async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/Test/Echo")
        return await call(body)


def test_http_1_1_and_grpc_share_the_port() -> None:
    async def test(server: Server) -> None:
        for _ in range(3):
            answer = await talk(server.address, post(b"over HTTP", "Connection: close"))
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"over HTTP")
            assert await echo_rpc(server, b"over gRPC") == b"over gRPC"

    scenario(test)


def test_a_connection_is_kept_for_further_requests() -> None:
    async def test(server: Server) -> None:
        answer = await talk(
            server.address, post(b"one"), post(b"two"), post(b"three", "Connection: close")
        )
        assert answer.count(b"HTTP/1.1 200 OK") == 3

    scenario(test)


def test_requests_may_be_sent_without_waiting_for_answers() -> None:
    async def test(server: Server) -> None:
        together = post(b"one") + post(b"two") + post(b"three", "Connection: close")
        answer = await talk(server.address, together)
        assert [part.rpartition(b"\r\n")[2] for part in answer.split(b"HTTP/1.1")[1:]] == [
            b"one",
            b"two",
            b"three",
        ]

    scenario(test)


def test_a_request_may_come_byte_by_byte() -> None:
    async def test(server: Server) -> None:
        request = post(b"slow", "Connection: close")
        answer = await talk(server.address, *(request[at : at + 1] for at in range(len(request))))
        assert answer.endswith(b"slow")

    scenario(test)


def test_http_1_0_and_methods_that_begin_like_the_preface_are_http_1() -> None:
    async def test(server: Server) -> None:
        answer = await talk(server.address, b"GET / HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK")
        answer = await talk(
            server.address, b"P", b"ROPFIND / HTTP/1.1\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 405 ")

    scenario(test)


def test_a_chunked_body_is_read() -> None:
    async def test(server: Server) -> None:
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        answer = await talk(server.address, head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
        assert answer.endswith(b"abcde")

    scenario(test)


def test_leave_to_send_is_given_when_asked_for() -> None:
    async def test(server: Server) -> None:
        request = post(b"body", "Expect: 100-continue", "Connection: close")
        head, body = request[:-4], request[-4:]
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(head)
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        writer.write(body)
        assert (await reader.read()).endswith(b"body")
        writer.close()

    scenario(test)


def test_the_preface_may_come_byte_by_byte() -> None:
    async def test(server: Server) -> None:
        reader, writer = await asyncio.open_connection(*server.address)
        for at in range(len(PREFACE)):
            writer.write(PREFACE[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0.001)
        writer.write(b"\0\0\0\4\0\0\0\0\0")  # empty SETTINGS
        header = await reader.readexactly(9)
        assert header[3] == 4  # the server's SETTINGS
        writer.close()

    scenario(test)


def test_a_message_larger_than_is_taken_is_refused_by_the_grpc_server() -> None:
    async def test(server: Server) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await echo_rpc(server, bytes(2 << 20))
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    scenario(test)


def test_a_large_message_passes_the_splice_whole() -> None:
    async def test(server: Server) -> None:
        body = bytes(range(256)) * 4000
        assert await echo_rpc(server, body) == body

    scenario(test)


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\0" * 100, b"GET\r\n\r\n", PREFACE[:-1] + b"x"],
)
def test_garbage_is_answered_with_400_and_closed(garbage: bytes) -> None:
    async def test(server: Server) -> None:
        assert (await talk(server.address, garbage)).startswith(b"HTTP/1.1 400 ")
        assert server.malformed == 1
        assert await talk(server.address, post(b"on", "Connection: close"))

    scenario(test)


def test_garbage_after_the_preface_ends_only_its_own_connection() -> None:
    async def test(server: Server) -> None:
        await talk(server.address, PREFACE + b"\xff" * 1000)
        assert await echo_rpc(server, b"on") == b"on"

    scenario(test)


def test_headers_without_end_are_refused() -> None:
    async def test(server: Server) -> None:
        lines = [b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(1000)]
        answer = await talk(server.address, b"GET / HTTP/1.1\r\n", *lines)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
        assert (server.connections, server.malformed) == (0, 1)

    scenario(test)


def test_long_headers_within_the_limit_are_taken_on_every_request() -> None:
    async def test(server: Server) -> None:
        long = f"X: {'x' * 50_000}"
        answer = await talk(
            server.address, post(b"1", long), post(b"2", long), post(b"3", "Connection: close")
        )
        assert answer.count(b"HTTP/1.1 200 OK") == 3

    scenario(test)


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(PREFACE[:5], id="part of the preface"),
        pytest.param(b"POST / HTTP/1.1\r\nHost:", id="part of the headers"),
        pytest.param(post(b"body")[:-1], id="part of the body"),
        pytest.param(post(b"body"), id="nothing after a request"),
    ],
)
def test_who_begins_and_does_not_go_on_is_closed(
    beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEADER_SECONDS", 0.05)
    monkeypatch.setattr(front, "MESSAGE_SECONDS", 0.1)

    async def test(server: Server) -> None:
        await talk(server.address, beginning)
        assert server.connections == 0

    scenario(test, keep_alive=1)


def test_a_request_that_takes_long_to_answer_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "HEADER_SECONDS", 0.01)
    monkeypatch.setattr(front, "MESSAGE_SECONDS", 0.01)

    async def test(server: Server) -> None:
        server.release.clear()
        answer = asyncio.create_task(talk(server.address, post(b"patience", "Connection: close")))
        await server.begun.wait()
        await asyncio.sleep(0.05)
        server.release.set()
        assert (await answer).endswith(b"patience")

    scenario(test)


def test_connections_that_go_away_leave_nothing() -> None:
    async def test(server: Server) -> None:
        for beginning in (b"", PREFACE[:5], PREFACE, PREFACE + b"\0\0\0\4\0", post(b"body")[:-1]):
            for _ in range(5):
                _, writer = await asyncio.open_connection(*server.address)
                writer.write(beginning)
                await writer.drain()
                writer.transport.abort()
        await asyncio.to_thread(eventually, lambda: server.connections == 0)
        assert await echo_rpc(server, b"on") == b"on"

    scenario(test)


def test_a_stop_finishes_what_runs_and_closes_what_is_idle() -> None:
    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving())
            _, silent = await asyncio.open_connection(*server.address)
            async with grpc.aio.insecure_channel("{}:{}".format(*server.address)) as idle:
                await idle.channel_ready()
                server.release.clear()
                over_http = asyncio.create_task(
                    talk(server.address, post(b"HTTP", "Connection: close"))
                )
                await server.begun.wait()
                server.begun.clear()
                over_grpc = asyncio.create_task(echo_rpc(server, b"gRPC"))
                await server.begun.wait()
                server.uvicorn.should_exit = True
                await asyncio.sleep(0.3)
                server.release.set()
                assert (await over_http).endswith(b"HTTP")
                assert await over_grpc == b"gRPC"
            silent.close()

    asyncio.run(run())

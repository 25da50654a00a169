"""Clients and endpoints that break the rules: refused in Linkerd's statuses, others undisturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import unquote_plus

import httpx
import pytest

from e2e.mesh_world import App, World, get, new_world, raw, running

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CLIENTS = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    "no words of HTTP": (b"\x00\x01\x02\xff\r\n\r\n", b"400"),
    "a header without a colon": (b"GET / HTTP/1.1\r\nhost: hello\r\nnope\r\n\r\n", b"400"),
    "two lengths": (
        b"POST / HTTP/1.1\r\nhost: hello\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"400",
    ),
    "a length and chunks": (
        b"POST / HTTP/1.1\r\nhost: hello\r\ncontent-length: 1\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"400",
    ),
    "a chunk of no size": (
        b"POST / HTTP/1.1\r\nhost: hello\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"400",
    ),
    "a header of 100 KB": (
        b"GET / HTTP/1.1\r\nhost: hello\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"431",
    ),
    "10,000 headers": (
        b"GET / HTTP/1.1\r\nhost: hello\r\n"
        + b"".join(b"x%d: y\r\n" % number for number in range(10_000))
        + b"\r\n",
        b"431",
    ),
    # where Linkerd said 414, Envoy counts the path as a header
    "a path of 100 KB": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: hello\r\n\r\n", b"431"),
    "a name of 5,000 letters": (
        b"GET / HTTP/1.1\r\nhost: " + b"n" * 5_000 + b"\r\nconnection: close\r\n\r\n",
        b"502",
    ),
    "a dtab that is none": (
        b"GET / HTTP/1.1\r\nhost: hello\r\nl5d-dtab: /a->/b\r\nconnection: close\r\n\r\n",
        b"400",
    ),
    "a context dtab that is none": (
        b"GET / HTTP/1.1\r\nhost: hello\r\nl5d-ctx-dtab: nope\r\nconnection: close\r\n\r\n",
        b"400",
    ),
    "a dtab of 500 dentries": (
        b"GET / HTTP/1.1\r\nhost: hello\r\nl5d-dtab: "
        + b"/a=>/b;" * 500
        + b"\r\nconnection: close\r\n\r\n",
        b"200",
    ),
    "a dtab that leads to itself": (
        b"GET / HTTP/1.1\r\nhost: hello\r\nl5d-dtab: /svc=>/svc\r\nconnection: close\r\n\r\n",
        b"502",
    ),
}


def answering(data: bytes) -> Serve:
    """An endpoint that says ``data`` and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        writer.close()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An endpoint that has closed its half and never says a word."""
    writer.write_eof()
    await reader.read()
    writer.close()


OK = b"HTTP/1.1 200 OK\r\n"
ENDPOINTS = {
    "closes before it answers": answering(b""),
    "closes half a connection": silent,
    "answers what is no HTTP": answering(b"\x00\xff nonsense\r\n\r\n"),
    "answers half a head": answering(OK + b"content-le"),
    "has two lengths": answering(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    "has a length that is none": answering(OK + b"content-length: many\r\n\r\n"),
    "answers with 10,000 headers": answering(OK + b"x: y\r\n" * 10_000 + b"\r\n"),
}
SHORT = answering(OK + b"content-length: 1000\r\n\r\nabc")
LONG = answering(OK + b"content-length: 3\r\n\r\nabcdefgh")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def test_a_client_that_breaks_the_rules_is_told_so_and_others_are_served(world: World) -> None:
    async def scenario() -> dict[str, bytes]:
        async with running(world, App("hello")) as client:
            replies = {kind: await raw(world, data) for kind, (data, _) in CLIENTS.items()}
            assert (await get(client, "hello")).status_code == 200
        return replies

    replies = asyncio.run(scenario())
    statuses = {kind: reply[9:12] for kind, reply in replies.items()}
    assert statuses == {kind: status for kind, (_, status) in CLIENTS.items()}


def test_a_client_that_stops_in_the_middle_keeps_nobody_waiting(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            port = world.ports["outgoing"]
            starts = (b"GET / HT", b"POST / HTTP/1.1\r\nhost: hello\r\ncontent-length: 9\r\n\r\nab")
            halves = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(100)]
            for number, writer in enumerate(halves):
                writer.write(starts[number % 2])
            assert (await get(client, "hello")).status_code == 200
            for writer in halves:
                writer.close()
            assert (await get(client, "hello")).status_code == 200

    asyncio.run(scenario())


def test_an_endpoint_that_breaks_the_rules_is_a_502_that_says_so(world: World) -> None:
    async def scenario() -> dict[str, int]:
        statuses = {}
        async with running(world, App("hello")) as client, AsyncExitStack() as stack:
            for number, (kind, serve) in enumerate(ENDPOINTS.items()):
                await serve_as(f"bad{number}", serve, world, stack)
                reply = await get(client, f"bad{number}")
                statuses[kind] = reply.status_code
                assert unquote_plus(reply.headers["l5d-err"]) == reply.text
            assert (await get(client, "hello")).status_code == 200
        return statuses

    assert asyncio.run(scenario()) == dict.fromkeys(ENDPOINTS, 502)


def test_an_answer_shorter_than_it_says_is_cut_and_a_longer_one_ends_where_it_says(
    world: World,
) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client, AsyncExitStack() as stack:
            await serve_as("short", SHORT, world, stack)
            await serve_as("long", LONG, world, stack)
            with pytest.raises(httpx.RemoteProtocolError):
                await get(client, "short")
            for _ in range(3):  # what is too much must not answer the next request
                assert (await get(client, "long")).text == "abc"
                assert (await get(client, "hello")).json()["app"] == "hello"

    asyncio.run(scenario())


async def serve_as(name: str, serve: Serve, world: World, stack: AsyncExitStack) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    stack.callback(server.close)
    world.place(name, f"127.0.0.1 {server.sockets[0].getsockname()[1]}")

"""Scribe against a small real server, and the exporter that finds out what is spoken."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry
from tests.mesh.relay.collector import ACCEPTED, at, until, unused_port
from tests.mesh.relay.test_backlog import counts

from clew.mesh.relay.answer import Taken, Unavailable
from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.collector import ByScribe
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.retry import Retry
from clew.mesh.relay.scribe import NotScribe, Scribe
from clew.span import thrift
from clew.span.model import Kind
from clew.span.normal import new_endpoint, new_span
from clew.span.proto3 import encode_list
from clew.span.thrift_protocol import Reader, i32, plain_string, plain_struct

SPAN = new_span(
    trace_id="1" * 16,
    parent_id="2" * 16,
    id="3" * 16,
    name="get",
    kind=Kind.SERVER,
    timestamp=1_000_000,
    duration=20,
    local_endpoint=new_endpoint(service_name="0.0.0.0/4140"),
    tags={"http.uri": "/"},
)
QUICK = Retry(first=0.01, longest=0.05, give_up_after=60.0)
OK, TRY_LATER = 0, 1


@dataclass
class Zipkin:
    """Takes ``Log`` calls; the ResultCode of each is the next of ``codes``, and then OK."""

    codes: list[int] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    entries: list[tuple[str, bytes]] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Zipkin]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (length,) = struct.unpack(">I", await reader.readexactly(4))
                call = Reader(await reader.readexactly(length))
                assert call.i32() & 0xFFFFFFFF == 0x80010001
                assert call.text() == "Log"
                sequence = call.i32()
                self._take(call)
                code = self.codes.pop(0) if self.codes else OK
                head = struct.pack(">I", 0x80010002) + plain_string(b"Log")
                reply = head + struct.pack(">i", sequence) + plain_struct((i32(0, code),))
                writer.write(struct.pack(">I", len(reply)) + reply)
        writer.close()

    def _take(self, call: Reader) -> None:
        for number, _ in call.fields():
            assert number == 1
            _, count = call.list()
            for _ in range(count):
                entry = {inner: call.bytes() for inner, _ in call.fields()}
                self.entries.append((entry[1].decode(), base64.b64decode(entry[2])))


def test_each_span_is_an_entry_in_base64_over_one_connection() -> None:
    async def scenario() -> None:
        async with Zipkin().running() as zipkin:
            scribe = Scribe("127.0.0.1", zipkin.port, timeout=5)
            assert await scribe.post(encode_list([SPAN, SPAN])) == Taken()
            assert await scribe.post(encode_list([SPAN])) == Taken()
            await scribe.close()
        assert zipkin.entries == [("zipkin", thrift.encode(SPAN))] * 3
        assert zipkin.connections == 1

    asyncio.run(scenario())


def test_try_later_and_a_lost_connection_are_tried_again() -> None:
    async def scenario() -> None:
        zipkin = Zipkin([TRY_LATER])
        scribe = Scribe("127.0.0.1", unused_port(), timeout=5)
        assert isinstance(await scribe.post(encode_list([SPAN])), Unavailable)
        async with zipkin.running():
            scribe = Scribe("127.0.0.1", zipkin.port, timeout=5)
            assert await scribe.post(encode_list([SPAN])) == Unavailable("TRY_LATER")
            assert await scribe.post(encode_list([SPAN])) == Taken()
            await scribe.close()
            assert await scribe.post(encode_list([SPAN])) == Taken()
            await scribe.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_what_answers_otherwise_is_not_scribe(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)
        writer.write(answer)
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            scribe = Scribe("127.0.0.1", port, timeout=5)
            with pytest.raises(NotScribe):
                await scribe.post(encode_list([SPAN]))

    asyncio.run(scenario())


async def exported(registry: CollectorRegistry, port: int) -> None:
    """One span, from offered to taken."""
    exporter = Exporter(at(port, ByScribe()), BacklogMetrics(registry), retry=QUICK)
    await exporter.start()
    exporter.offer(encode_list([SPAN]), 1)
    await until(lambda: counts(registry).get("exported") == 1)
    await exporter.stop()


def test_the_exporter_speaks_scribe_to_a_collector_that_does() -> None:
    async def scenario() -> None:
        async with Zipkin([TRY_LATER]).running() as zipkin:
            await exported(CollectorRegistry(), zipkin.port)
        assert len(zipkin.entries) == 2

    asyncio.run(scenario())


def test_the_exporter_falls_back_to_http() -> None:
    lines = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(4)
        if first == b"POST":
            head = first + await reader.readuntil(b"\r\n\r\n")
            lines.append(head.split(b"\r\n")[0])
            writer.write(ACCEPTED.encode())
        else:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            await exported(CollectorRegistry(), server.sockets[0].getsockname()[1])
        assert lines == [b"POST /api/v2/spans HTTP/1.1"]

    asyncio.run(scenario())

from __future__ import annotations

import asyncio
import contextlib
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.trace.collect.standins import MoodyStore, eventually

from clew.span import scribe, thrift
from clew.span.normal import new_span
from clew.span.scribe import Fault, Header, Line, Result
from clew.trace.collect.body import WIRE_LIMIT
from clew.trace.collect.counts import Counts
from clew.trace.collect.intake import Intake
from clew.trace.collect.listeners import listening, port
from clew.trace.collect.sampler import Sampler
from clew.trace.collect.scribe import ScribeCollector


def line(id: int, category: str = "zipkin") -> Line:
    return Line(category, b64encode(thrift.encode(new_span(trace_id="1", id=f"{id:x}"))))


def log(*ids: int, sequence: int = 1) -> bytes:
    return scribe.call(map(line, ids), sequence)


def result(code: Result, sequence: int = 1) -> bytes:
    return scribe.answer(Header("Log", sequence), code)


class Client:
    """A connection; frames in and out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *calls: bytes) -> None:
        for call in calls:
            self.writer.write(len(call).to_bytes(4) + call)

    async def answer(self) -> bytes:
        """The next answer; nothing when the server hung up."""
        try:
            length = int.from_bytes(await self.reader.readexactly(4))
            return await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def ask(self, call: bytes) -> bytes:
        self.send(call)
        return await self.answer()


class Server:
    """A Scribe server on a moody store, inside :meth:`running`."""

    def __init__(self, directory: Path, in_flight: int = 1 << 28, **options: Any) -> None:
        self.store = MoodyStore()
        self.counts = Counts()
        self._clients: list[Client] = []
        self.intake = Intake(
            directory / "log", self.store, Sampler(), self.counts, in_flight=in_flight
        )
        self.scribe = ScribeCollector(
            self.intake.collector, self.intake.room, self.counts, **options
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        self.intake.start()
        try:
            with listening("127.0.0.1", 0) as [listener]:
                self.port = port(listener)
                async with self.scribe.serving(listener, 10):
                    yield self
        finally:
            for client in self._clients:
                await client.close()
            await asyncio.to_thread(self.intake.close, 60)

    async def client(self) -> Client:
        self._clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self._clients[-1]

    def metric(self, name: str) -> int:
        return self.counts.as_zipkin()[f"counter.zipkin_collector.{name}.scribe"]

    def ids(self) -> list[int]:
        """What is stored, after the server's end."""
        eventually(lambda: self.counts.totals().waiting == 0)
        assert self.counts.totals().balanced
        assert self.intake.room.used == 0
        return sorted(self.store.ids)


def conversation(server: Server, *calls: bytes) -> list[bytes]:
    """The answers to ``calls``, sent at once on one connection."""

    async def run() -> list[bytes]:
        async with server.running():
            client = await server.client()
            client.send(*calls)
            return [await client.answer() for _ in calls]

    return asyncio.run(run())


def test_calls_are_answered_in_their_order_and_stored(tmp_path: Path) -> None:
    server = Server(tmp_path)
    answers = conversation(server, log(1, 2, sequence=7), log(3, sequence=8), log(sequence=9))
    assert answers == [result(Result.OK, sequence) for sequence in (7, 8, 9)]
    assert server.ids() == [1, 2, 3]
    assert (server.metric("messages"), server.metric("spans")) == (3, 3)
    assert server.metric("bytes") == sum(
        len(thrift.encode(new_span(trace_id="1", id=i))) for i in "123"
    )


def test_a_call_that_comes_byte_by_byte_is_whole(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async def run() -> bytes:
        async with server.running():
            client = await server.client()
            for byte in len(log(1)).to_bytes(4) + log(1):
                client.writer.write(bytes([byte]))
                await client.writer.drain()
            return await client.answer()

    assert asyncio.run(run()) == result(Result.OK)
    assert server.ids() == [1]


def test_who_stops_sending_still_gets_the_answer(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async def run() -> tuple[bytes, bytes]:
        async with server.running():
            client = await server.client()
            client.send(log(1))
            client.writer.write_eof()
            return await client.answer(), await client.answer()

    assert asyncio.run(run()) == (result(Result.OK), b"")
    assert server.ids() == [1]


def test_other_categories_are_passed_over(tmp_path: Path) -> None:
    server = Server(tmp_path, category="spans")
    call = scribe.call([line(1), line(2, "spans"), Line("other", b"?")])
    assert conversation(server, call) == [result(Result.OK)]
    assert server.ids() == [2]


def test_one_bad_entry_refuses_its_call_and_no_other(tmp_path: Path) -> None:
    server = Server(tmp_path)
    bad = scribe.call([line(1), Line("zipkin", b"AAAA")])  # an empty struct
    (first, second) = conversation(server, bad, log(2))
    said = "traceId == 0 reading Span from TBinary"
    assert first == scribe.exception(Header("Log", 1), Fault.INTERNAL_ERROR, said)
    assert second == result(Result.OK)
    assert server.ids() == [2]
    assert server.metric("messages_dropped") == 1


def test_another_method_is_not_known(tmp_path: Path) -> None:
    server = Server(tmp_path)
    call = log(1).replace(b"\0\0\0\3Log", b"\0\0\0\4Logs")
    said = "Invalid method name: 'Logs'"
    expected = scribe.exception(Header("Logs", 1), Fault.UNKNOWN_METHOD, said)
    assert conversation(server, call, log(2)) == [expected, result(Result.OK)]
    assert server.ids() == [2]


def test_arguments_that_are_none_are_said_to_be(tmp_path: Path) -> None:
    server = Server(tmp_path)
    (answer,) = conversation(server, log(1)[:-3])
    assert b"Truncated" in answer
    assert answer.endswith(b"\x08\0\2\0\0\0\7\0")
    assert server.ids() == []


def test_a_call_may_want_no_answer(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async def run() -> bytes:
        async with server.running():
            client = await server.client()
            client.send(b"\x80\x01\0\4" + log(1)[4:])
            return await client.ask(log(2, sequence=2))

    assert asyncio.run(run()) == result(Result.OK, 2)
    assert server.ids() == [1, 2]


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(log(1), id="a call without a frame"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="HTTP"),
        pytest.param((WIRE_LIMIT + 1).to_bytes(4), id="a frame that is too long"),
        pytest.param(b"\0\0\0\4\0\0\0\0", id="a frame that is no call"),
        pytest.param(bytes(4), id="an empty frame"),
    ],
)
def test_what_is_no_call_ends_its_connection(tmp_path: Path, beginning: bytes) -> None:
    server = Server(tmp_path)

    async def run() -> tuple[bytes, bytes]:
        async with server.running():
            client, other = await server.client(), await server.client()
            client.writer.write(beginning)
            return await client.answer(), await other.ask(log(1))

    assert asyncio.run(run()) == (b"", result(Result.OK))
    assert server.ids() == [1]


def test_who_is_too_slow_or_says_nothing_is_hung_up_on(tmp_path: Path) -> None:
    server = Server(tmp_path, call_seconds=0.1, idle_seconds=0.3)

    async def run() -> list[bytes]:
        async with server.running():
            silent, slow, slower, gone = [await server.client() for _ in range(4)]
            slow.writer.write(b"\0\0")
            slower.writer.write(len(log(1)).to_bytes(4) + log(1)[:-1])
            gone.writer.write(len(log(1)).to_bytes(4) + log(1)[:-1])
            await gone.writer.drain()
            gone.writer.transport.abort()
            return [await client.answer() for client in (silent, slow, slower)]

    assert asyncio.run(run()) == [b""] * 3
    assert server.ids() == []
    assert server.metric("messages_dropped") == 2


def test_who_does_not_read_answers_is_hung_up_on(tmp_path: Path) -> None:
    server = Server(tmp_path, call_seconds=0.2)
    long = b"L" * 200
    call = b"\x80\1\0\1" + len(long).to_bytes(4) + long + bytes(5)

    async def run() -> None:
        async with server.running():
            loop = asyncio.get_running_loop()
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                connection.setblocking(False)
                await loop.sock_connect(connection, ("127.0.0.1", server.port))
                with contextlib.suppress(ConnectionError):  # nothing else ends this
                    while True:
                        await loop.sock_sendall(connection, (len(call).to_bytes(4) + call) * 100)

    asyncio.run(run())
    assert server.ids() == []


def test_when_too_much_waits_senders_are_told_to_come_again(tmp_path: Path) -> None:
    server = Server(tmp_path, in_flight=1000)

    async def run() -> list[bytes]:
        async with server.running():
            server.store.away.set()
            client = await server.client()
            answers = [await client.ask(log(1)), await client.ask(log(*range(2, 100)))]
            answers.append(await client.ask(log(100)))
            server.store.away.clear()
            return answers

    assert asyncio.run(run()) == [result(Result.OK), result(Result.TRY_LATER), result(Result.OK)]
    assert server.ids() == [1, 100]
    assert server.metric("messages_dropped") == 1


def test_when_the_disk_is_full_senders_are_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, pieces: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.writev", full)
    server = Server(tmp_path)
    assert conversation(server, log(1)) == [result(Result.TRY_LATER)]
    assert server.ids() == []


def test_a_stop_lets_calls_end_and_does_not_wait_for_the_idle(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async def run() -> list[bytes]:
        async with server.running():
            idle, calling = await server.client(), await server.client()
            assert await calling.ask(log(1)) == result(Result.OK)  # both are served now
            call = log(2)
            calling.writer.write(len(call).to_bytes(4) + call[:20])
            await calling.writer.drain()
            await asyncio.to_thread(eventually, lambda: server.metric("messages") == 2)
            asyncio.get_running_loop().call_later(0.1, calling.writer.write, call[20:])
            answers = asyncio.gather(idle.answer(), calling.answer())
        return [*await answers, await calling.answer()]

    assert asyncio.run(run()) == [b"", result(Result.OK), b""]
    assert server.ids() == [1, 2]

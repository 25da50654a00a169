"""Scribe: framed Thrift on a port of its own, as Linkerd 1.x and old reporters send spans."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator

from clew.span import scribe, thrift
from clew.span.detect import Format
from clew.span.errors import MalformedSpans
from clew.span.scribe import LONGEST_HEADER, Fault, Header, Result
from clew.span.thrift_protocol import BadThrift
from clew.trace.collect.body import WIRE_LIMIT, read_body
from clew.trace.collect.collector import Collector, decoded
from clew.trace.collect.counts import Counts
from clew.trace.collect.log import LogFailed
from clew.trace.collect.room import Lease, NoRoom, Room

TRANSPORT = "scribe"
CATEGORY = "zipkin"
CALL_SECONDS = 11.0
"""How long a call may take to arrive once it has begun, and its answer to leave."""
IDLE_SECONDS = 600.0
"""How long a connection may say nothing between calls."""
_PIECE = 64 * 1024


class ScribeCollector:
    """Takes spans from connections: many calls on each, answered in their order."""

    def __init__(
        self,
        collector: Collector,
        room: Room,
        counts: Counts,
        *,
        category: str = CATEGORY,
        call_seconds: float = CALL_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Entries of another ``category`` are passed over."""
        self._collector = collector
        self._room = room
        self._counts = counts
        self._category = category
        self._call_seconds = call_seconds
        self._idle_seconds = idle_seconds
        self._connections: set[_Connection] = set()

    @contextlib.asynccontextmanager
    async def serving(self, listener: socket.socket, grace: float) -> AsyncIterator[None]:
        """Serve on a bound socket. At the end, calls that have begun get ``grace`` seconds."""
        server = await asyncio.start_server(self._serve, sock=listener, limit=_PIECE)
        try:
            yield
        finally:
            server.close()
            for connection in self._connections:
                connection.finish()
            if tasks := [connection.task for connection in self._connections]:
                await asyncio.wait(tasks, timeout=grace)
                for task in tasks:
                    task.cancel()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = _Connection(reader, writer, self._call_seconds, self._idle_seconds)
        self._connections.add(connection)
        try:
            while length := await connection.next_call():
                self._counts.message(TRANSPORT)
                if answer := await self._answer(connection, length):
                    await connection.send(answer)
            await connection.close()
        except (OSError, EOFError, asyncio.CancelledError, BadThrift):
            pass  # it is gone, too slow, or says what is no call: nobody is left to be told
        finally:
            self._connections.discard(connection)
            writer.transport.abort()

    async def _answer(self, connection: _Connection, length: int) -> bytes:
        """The answer to the next call, of ``length`` bytes; none when it asks for none."""
        try:
            if not 0 < length <= WIRE_LIMIT:
                raise BadThrift(f"a frame of {length} bytes")
            async with asyncio.timeout(self._call_seconds):
                beginning = await connection.read(min(length, LONGEST_HEADER))
            header = scribe.read_header(beginning)
            answer = await self._take(connection, header, beginning, length)
        except (OSError, EOFError, BadThrift):
            self._counts.message_dropped(TRANSPORT)
            raise
        return answer if header.wants_answer else b""

    async def _take(
        self, connection: _Connection, header: Header, beginning: bytes, length: int
    ) -> bytes:
        rest = connection.pieces(length - len(beginning))
        try:
            with self._room.lease() as lease:
                async with asyncio.timeout(self._call_seconds):
                    lease.grow(len(beginning))
                    call = beginning + await read_body(rest, lease)
                return await self._log(header, call, lease)
        except MalformedSpans as error:
            self._counts.message_dropped(TRANSPORT)
            return scribe.exception(header, Fault.INTERNAL_ERROR, str(error))
        except LogFailed:
            self._counts.message_refused(TRANSPORT, "log")
            return scribe.answer(header, Result.TRY_LATER)
        except NoRoom:
            self._counts.message_refused(TRANSPORT, "full")
            async with asyncio.timeout(self._call_seconds):
                async for _ in rest:
                    pass  # the next call begins behind this one
            return scribe.answer(header, Result.TRY_LATER)

    async def _log(self, header: Header, call: bytes, lease: Lease) -> bytes:
        if header.name != "Log":
            self._counts.message_dropped(TRANSPORT)
            unknown = f"Invalid method name: '{header.name}'"
            return scribe.exception(header, Fault.UNKNOWN_METHOD, unknown)
        read = functools.partial(scribe.read_spans, header=header, category=self._category)
        try:
            spans, structs = await decoded(read, call)
        except BadThrift as error:
            self._counts.message_dropped(TRANSPORT)
            return scribe.exception(header, Fault.PROTOCOL_ERROR, str(error))
        self._counts.message_bytes(TRANSPORT, sum(map(len, structs)))
        await self._collector.keep(spans, thrift.join(structs), Format.THRIFT, TRANSPORT, lease)
        return scribe.answer(header, Result.OK)


class _Connection:
    """A connection's bytes, each waited for only so long."""

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, call_seconds: float, idle_seconds: float
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self._reader = reader
        self._writer = writer
        self._call_seconds = call_seconds
        self._idle_seconds = idle_seconds
        self._idle = False
        self._finishing = False

    def finish(self) -> None:
        """End after the call that has begun."""
        self._finishing = True
        if self._idle:
            self.task.cancel()

    async def next_call(self) -> int:
        """The length of the next call's frame; 0 when there will be none."""
        if self._finishing:
            return 0
        self._idle = True
        async with asyncio.timeout(self._idle_seconds):
            first = await self._reader.read(1)
        self._idle = False
        if not first:
            return 0
        async with asyncio.timeout(self._call_seconds):
            return int.from_bytes(first + await self._reader.readexactly(3), signed=True)

    async def read(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        return await self._reader.readexactly(size)

    async def pieces(self, size: int) -> AsyncIterator[bytes]:
        """The next ``size`` bytes as they come. Raises EOFError."""
        while size:
            piece = await self._reader.read(min(size, _PIECE))
            if not piece:
                raise EOFError
            size -= len(piece)
            yield piece

    async def send(self, answer: bytes) -> None:
        """Write ``answer`` as a frame, to a reader that takes it."""
        self._writer.write(len(answer).to_bytes(4) + answer)
        async with asyncio.timeout(self._call_seconds):
            await self._writer.drain()

    async def close(self) -> None:
        """Hang up when the other side has all answers."""
        self._writer.close()
        async with asyncio.timeout(self._call_seconds):
            await self._writer.wait_closed()

"""An open-loop HTTP/1.1 load: requests leave at a fixed rate, whether or not answers came."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httptools

CONNECTIONS = 20
LAST_ANSWER_SECONDS = 10
"""After the last request was due; what is not answered then has failed."""
_T = TypeVar("_T")


@dataclass
class Result:
    """What one stretch of load saw. Latencies in seconds, from when a request was due."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    def quantile(self, q: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    def add(self, other: Result) -> None:
        self.latencies += other.latencies
        self.failures += other.failures


def run(load: Coroutine[Any, Any, _T]) -> _T:
    """As ``asyncio.run``, on a loop that sleeps to the microsecond: with epoll it is to the ms."""
    loop = lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())  # noqa: E731 (a factory)
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(load)


async def steady(
    host: str,
    port: int,
    request: bytes,
    rate: float,
    seconds: float,
    connections: int = CONNECTIONS,
) -> Result:
    """Send ``request`` ``rate`` times a second for ``seconds`` over kept-alive connections.

    When each connection is busy, requests wait for one; the wait is part of their latency.
    """
    load = _Load(host, port, request)
    for _ in range(connections):
        await load.connect()
    total, sent = int(rate * seconds), 0
    begin = time.perf_counter() + 0.05
    while sent < total:
        now = time.perf_counter()
        while sent < total and begin + sent / rate <= now:
            load.send(begin + sent / rate)
            sent += 1
        await asyncio.sleep(max(0.0, begin + sent / rate - time.perf_counter()))
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_ANSWER_SECONDS):
            await load.all_answered()
    return load.end()


class _Load:
    """Requests that are due, and connections that are free."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self.request = request
        self.result = Result()
        self.open = 0
        """Requests that are due and not answered."""
        self._host, self._port = host, port
        self._due: deque[float] = deque()
        self._free: deque[_Connection] = deque()
        self._all: set[_Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._answered = asyncio.Event()
        self._ended = False

    async def all_answered(self) -> None:
        while self.open:
            self._answered.clear()
            await self._answered.wait()

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: _Connection(self), self._host, self._port
        )
        self._all.add(connection)
        self.free(connection)

    def send(self, due: float) -> None:
        self.open += 1
        if self._free:
            self._free.popleft().send(due)
        else:
            self._due.append(due)

    def free(self, connection: _Connection) -> None:
        if self._due:
            connection.send(self._due.popleft())
        else:
            self._free.append(connection)

    def answered(self, due: float, status: int) -> None:
        self._close_one()
        self.result.latencies.append(time.perf_counter() - due)
        self.result.failures += status != 200

    def lost(self, connection: _Connection, *, asked: bool) -> None:
        """The other side has closed; a request that was under way has failed."""
        if self._ended:
            return
        self._all.discard(connection)
        if asked:
            self._close_one()
            self.result.failures += 1
        else:
            self._free.remove(connection)
        again = asyncio.create_task(self.connect())
        self._connecting.add(again)
        again.add_done_callback(self._connecting.discard)

    def _close_one(self) -> None:
        self.open -= 1
        if not self.open:
            self._answered.set()

    def end(self) -> Result:
        self._ended = True
        for task in self._connecting:
            task.cancel()
        for connection in self._all:
            connection.close()
        self.result.failures += self.open
        return self.result


class _Connection(asyncio.Protocol):
    """One kept connection with at most one request under way; httptools calls ``on_…``."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._due: float | None = None

    def send(self, due: float) -> None:
        assert self._transport
        self._due = due
        self._transport.write(self._load.request)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._due is not None
        due, self._due = self._due, None
        self._load.answered(due, self._parser.get_status_code())
        self._load.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._load.lost(self, asked=self._due is not None)


async def read_response(reader: asyncio.StreamReader) -> int:
    """Read one whole response; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        _, _, rest = head.partition(b"content-length:")
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    return int(head.split(b" ", 2)[1])

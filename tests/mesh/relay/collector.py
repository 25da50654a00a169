"""A small real HTTP server that stands for the collector and answers as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from clew.mesh.naming.bound import Address
from clew.mesh.relay.collector import ByScribe, Otlp, Zipkin
from clew.mesh.relay.collector import Collector as Place
from clew.span.model import Span
from clew.span.proto3 import decode_list

ACCEPTED = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
BUSY = "HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 4\r\n\r\nbusy"
BAD = "HTTP/1.1 400 Bad\r\ncontent-length: 20\r\n\r\ntraceId is\nall zeros"


@dataclass
class Collector:
    """``answer`` gets the number of the post (1, 2, …) and its spans; None is no answer at all.

    ``read`` makes spans of a body.
    """

    answer: Callable[[int, list[Span]], str | None] = lambda number, spans: ACCEPTED
    read: Callable[[bytes], list[Span]] = decode_list
    port: int = 0
    posts: list[list[Span]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Collector]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    @property
    def names(self) -> list[str | None]:
        return [span.name for post in self.posts for span in post]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length:")[2].splitlines()[0])
                spans = self.read(await reader.readexactly(length))
                self.heads.append(head)
                self.posts.append(spans)
                answer = self.answer(len(self.posts), spans)
                if answer is None:
                    await reader.read()  # until the exporter has had enough
                    break
                writer.write(answer.encode())
        writer.close()


def at(port: int, form: Zipkin | ByScribe | Otlp = Zipkin()) -> Place:  # noqa: B008 (frozen)
    """A collector on this machine, for an exporter."""
    return Place(Address("127.0.0.1", port), form)


def unused_port() -> int:
    """A port that refuses connections: nothing listens there any more."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition that will come; the test's own timeout is the bound."""
    while not condition():  # noqa: ASYNC110 - there is no event for what a test looks at
        await asyncio.sleep(0.005)

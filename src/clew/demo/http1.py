"""HTTP/1.1 for the sample app: it must start at once and add next to nothing to a trace.

uvicorn and httpx would take 0.3 s to import, four times over on a laptop, and a millisecond for
each call. The parsing is httptools'.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

import httptools

IDLE_SECONDS = 11.0
"""Given to a client for its next request, and to a server for its answer, as in the original."""
MAX_BODY = 64 * 1024
"""Bytes of a request that are kept; what comes after is read and forgotten."""
MAX_IDLE = 64
"""Connections kept open to the server for later calls."""

Headers = tuple[tuple[str, str], ...]
"""Names are lower case."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for."""

    method: str
    target: str
    """As in the request line: a path with its query, or a whole URL."""
    headers: Headers
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answers."""

    status: int
    body: bytes


Handler = Callable[[Request], Awaitable[Response]]


class MalformedResponse(ConnectionError):
    """What came is not HTTP/1.1."""


class Server:
    """Hands requests to ``handle``, one at a time for each connection."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.StreamWriter] = set()

    async def start(self, host: str | None, port: int) -> int:
        """Listens on ``host`` (None for every address); returns the port. Raises OSError."""
        self._listener = await asyncio.start_server(self._serve, host, port)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def stop(self, grace: float) -> None:
        """Ends idle connections at once and the others after their answer, or after ``grace`` s."""
        if self._listener is None:
            return
        self._listener.close()
        self._listener = None
        for writer in self._waiting:
            writer.close()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._answer_all(reader, writer)
        except (OSError, TimeoutError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            pass  # a client that went away, slept or does not speak HTTP/1.1
        except asyncio.CancelledError:
            pass  # by stop; asyncio 3.11 would report a connection that ends as cancelled
        finally:
            writer.close()
            self._connections.discard(task)

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        messages = _Requests()
        while data := await self._next_bytes(reader, writer):
            messages.feed(data)
            while messages.complete:
                request, keep = messages.complete.popleft()
                response = await self._handle(request)
                keep = keep and self._listener is not None
                writer.write(_response_bytes(request.method, response, keep))
                await writer.drain()
                if not keep:
                    return

    async def _next_bytes(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        self._waiting.add(writer)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await reader.read(65536)
        finally:
            self._waiting.discard(writer)


class Client:
    """Calls one server, over connections that it keeps."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, target: str, headers: Headers) -> Response:
        """Raises OSError when there is no connection, EOFError when it ends without an answer.

        A connection from an earlier call may be closed by now: then a new one is tried.
        """
        lines = (f"{name}: {value}\r\n" for name, value in headers)
        request = f"GET {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1")
        while self._idle:
            with contextlib.suppress(EOFError, ConnectionError):
                return await self._exchange(*self._idle.pop(), request)
        return await self._exchange(*await asyncio.open_connection(*self._address), request)

    def close(self) -> None:
        """Closes the connections that no call is using."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> Response:
        answer = _Answer()
        try:
            writer.write(request)
            async with asyncio.timeout(IDLE_SECONDS):
                while not answer.complete:
                    answer.feed(await reader.read(65536))
        except BaseException:
            writer.close()
            raise
        if answer.keeps_alive and len(self._idle) < MAX_IDLE:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return Response(answer.status, bytes(answer.body))


class _Requests:
    """The requests of one connection, as httptools finds them."""

    def __init__(self) -> None:
        self.complete: deque[tuple[Request, bool]] = deque()
        """Each with whether its client may send another one."""
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body += body[: MAX_BODY - len(self._body)]

    def on_message_complete(self) -> None:
        request = Request(
            self._parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            bytes(self._body),
        )
        self.complete.append((request, self._parser.should_keep_alive()))


class _Answer:
    """The answer to one request, as httptools finds it."""

    def __init__(self) -> None:
        self.complete = False
        self.keeps_alive = False
        self.status = 0
        self.body = bytearray()
        self._has_length = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        if data:
            try:
                self._parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                raise MalformedResponse(str(error)) from error
        elif self.status and not self._has_length:
            self.complete = True  # the end of the connection is the end of the body
        else:
            raise EOFError

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self.status >= HTTPStatus.OK:  # 1xx only announces the answer
            self.complete = True
            self.keeps_alive = self._has_length and self._parser.should_keep_alive()


def _response_bytes(method: str, response: Response, keep: bool) -> bytes:
    head = (
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
        f"date: {formatdate(usegmt=True)}\r\n"
        "content-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(response.body)}\r\n"
        f"connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else response.body)

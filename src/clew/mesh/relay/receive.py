"""Takes spans from Envoy: HTTP/1.1 on a unix socket that only this user can reach."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import httptools

MAX_BODY = 10 * 1024 * 1024
"""Bytes of one post. Envoy's posts are 250 spans, about 150 kB; Zipkin's own limit is this one."""

log = logging.getLogger(__name__)


class Receiver:
    """Calls ``on_post`` with the body of each ``POST /api/v2/spans``; it returns the status.

    Envoy waits for no answer and repeats nothing, so ``on_post`` must be quick and must not fail.
    """

    def __init__(self, socket_path: Path, on_post: Callable[[bytes], int]) -> None:
        self._path = socket_path
        self._on_post = on_post
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens; a socket file that an earlier run has left behind is replaced."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Connection(self._on_post, self._connections), str(self._path)
        )
        self._path.chmod(0o600)

    async def stop(self) -> None:
        """Stops listening, closes what is open and removes the socket file."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        await self._server.wait_closed()
        self._server = None
        self._path.unlink(missing_ok=True)


class _Connection(asyncio.Protocol):
    """One connection from Envoy: requests one after another, kept alive between them."""

    def __init__(self, on_post: Callable[[bytes], int], connections: set[_Connection]) -> None:
        self._on_post = on_post
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            raise  # our own fault: asyncio logs it and closes the connection
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            log.warning("closed a connection to the relay that is not plain HTTP/1.1: %s", error)
            self._answer(400, keep=False)

    # what httptools calls

    def on_message_begin(self) -> None:
        self._url = b""
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        if self._transport.is_closing():  # the rest of what was refused already
            return
        self._body += body
        if len(self._body) > MAX_BODY:
            self._answer(413, keep=False)

    def on_message_complete(self) -> None:
        if self._transport.is_closing():
            return
        is_spans = self._parser.get_method() == b"POST" and self._url == b"/api/v2/spans"
        status = self._on_post(bytes(self._body)) if is_spans else 404
        self._answer(status, keep=self._parser.should_keep_alive())

    def _answer(self, status: int, *, keep: bool) -> None:
        connection = "" if keep else "connection: close\r\n"
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-length: 0\r\n{connection}\r\n"
        self._transport.write(head.encode())
        if not keep:
            self._transport.close()


_REASONS = {202: "Accepted", 400: "Bad Request", 404: "Not Found", 413: "Payload Too Large"}

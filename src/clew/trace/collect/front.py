"""One port for HTTP/1.1 and h2c gRPC.

A new connection is looked at until it begins like HTTP/2, or does not. HTTP/1.1 stays with uvicorn
in this event loop, with limits on its headers and on how long a request may take to arrive. HTTP/2
is spliced to a gRPC server on a unix socket: nothing in Python reads its frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_LIMIT = 64 * 1024
"""Bytes of a request's line and headers."""
HEADER_SECONDS = 15.0
"""How long they may take to arrive, and a new connection to say anything."""
MESSAGE_SECONDS = 30.0
"""How long a whole request may take to arrive."""


class Http1(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which by itself would swallow headers without end and wait for ever."""

    on_malformed: Callable[[], None]
    _header_bytes = 0
    _header_timer: asyncio.TimerHandle | None = None
    _message_timer: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        """A request's first byte is here."""
        self._stop_timers()
        self._header_bytes = 0
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)
        self._message_timer = self.loop.call_later(MESSAGE_SECONDS, self.transport.close)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are here."""
        if self._header_timer:
            self._header_timer.cancel()
            self._header_timer = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._stop_timers()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes came; when they end inside headers, those must not be too long already."""
        super().data_received(data)
        if self._header_timer:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_LIMIT and not self.transport.is_closing():
                self._stop_timers()
                self.send_400_response("headers too large")

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP/1.1, or too much of it."""
        self.on_malformed()
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._stop_timers()
        super().connection_lost(exc)

    def _stop_timers(self) -> None:
        for timer in (self._header_timer, self._message_timer):
            if timer:
                timer.cancel()
        self._header_timer = self._message_timer = None


class Pipe(asyncio.Protocol):
    """One end of a spliced connection: what comes in here goes out at ``peer``.

    Without eof_received the transport closes on a half-closed connection, which would otherwise
    keep a shutdown waiting.
    """

    def __init__(
        self,
        peer: asyncio.Transport,
        on_lost: Callable[[Pipe], None] = lambda pipe: None,
        shutdown: Callable[[], None] = lambda: None,
    ) -> None:
        self._peer = peer
        self._on_lost = on_lost
        self.shutdown = shutdown
        """uvicorn calls it on every connection when it stops."""

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._peer.write(data)

    def pause_writing(self) -> None:
        """This side does not take more: do not read more on the other."""
        self._peer.pause_reading()

    def resume_writing(self) -> None:
        """This side takes more again."""
        self._peer.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """One side gone, both gone."""
        self._peer.close()
        self._on_lost(self)


class Front(asyncio.Protocol):
    """A connection whose protocol is not known yet. Give uvicorn ``Front.on(...)`` as ``http``."""

    grpc_socket: Path
    stop_grpc: Callable[[], None]
    http1: type[Http1]

    @classmethod
    def on(
        cls, grpc_socket: Path, stop_grpc: Callable[[], None], on_malformed: Callable[[], None]
    ) -> type[asyncio.Protocol]:
        """The protocol class that splices HTTP/2 to ``grpc_socket``.

        ``stop_grpc`` is called, perhaps often, when the server stops; it must make the gRPC server
        finish its calls and close its connections. ``on_malformed`` is called for each request that
        is answered with 400 because it is not HTTP/1.1.
        """
        http1 = type("Http1", (Http1,), {"on_malformed": staticmethod(on_malformed)})
        return type(
            "Front",
            (cls,),
            {"grpc_socket": grpc_socket, "stop_grpc": staticmethod(stop_grpc), "http1": http1},
        )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._loop = loop = _loop or asyncio.get_running_loop()
        self._new_http1: Callable[[], Http1] = lambda: self.http1(
            config, server_state, app_state, loop
        )
        # uvicorn calls nothing but shutdown() on the members
        self._connections = cast("set[asyncio.Protocol]", server_state.connections)
        self._read = b""
        self._splicing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first bytes, but not for long."""
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        self._timer = self._loop.call_later(HEADER_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Decide as soon as the bytes differ from the preface, or are all of it."""
        self._read += data
        if len(self._read) < len(PREFACE) and PREFACE.startswith(self._read):
            return
        self._timer.cancel()
        if self._read.startswith(PREFACE):
            self._transport.pause_reading()
            self._splicing = self._loop.create_task(self._splice())
            return
        self._connections.discard(self)
        http1 = self._new_http1()
        self._transport.set_protocol(http1)
        http1.connection_made(self._transport)
        http1.data_received(self._read)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone before it was known what it was."""
        self._timer.cancel()
        self._connections.discard(self)

    def shutdown(self) -> None:
        """The server stops; nothing was asked yet."""
        self._transport.close()

    async def _splice(self) -> None:
        try:
            upstream, _ = await self._loop.create_unix_connection(
                lambda: Pipe(self._transport), str(self.grpc_socket)
            )
        except OSError:
            self._transport.close()
            return
        if self._transport.is_closing():
            upstream.close()
            return
        pipe = Pipe(upstream, self._connections.discard, self.stop_grpc)
        self._connections.discard(self)
        self._connections.add(pipe)
        self._transport.set_protocol(pipe)
        upstream.write(self._read)
        self._transport.resume_reading()

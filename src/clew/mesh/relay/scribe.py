"""Spans by Scribe, as Linkerd sent them: ``Log`` calls in framed Thrift over one connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from collections.abc import Iterable

from clew.mesh.relay.answer import Answer, Taken, Unavailable
from clew.span import scribe, thrift
from clew.span.model import Span
from clew.span.proto3 import decode_list
from clew.span.scribe import Line
from clew.span.thrift_protocol import (
    I32,
    BadThrift,
    Reader,
)

PORT = 9410
"""Where Zipkin listens for Scribe."""
_length = struct.Struct(">I")
_REPLY = 0x80010002
_OK, _TRY_LATER = 0, 1
_LONGEST_REPLY = 64 * 1024


class NotScribe(Exception):
    """What listens there speaks something else."""


class Scribe:
    """A client of one collector. It connects when there is something to send."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        """``timeout`` is in seconds, for each call."""
        self._host = host
        self._port = port
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._known = False
        """Whether it ever answered a call as Scribe does."""

    async def post(self, body: bytes) -> Answer:
        """Send the spans of a proto3 list. Raises NotScribe, unless it was Scribe before."""
        call = log_call(decode_list(body))
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._call(call)
        except (OSError, asyncio.IncompleteReadError, BadThrift) as error:
            await self.close()
            if not self._known and not isinstance(error, ConnectionRefusedError):
                raise NotScribe from error
            return Unavailable(str(error) or type(error).__name__)
        self._known = True
        return Taken() if reply == _OK else Unavailable("TRY_LATER")

    async def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _call(self, call: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(_length.pack(len(call)) + call)
        await writer.drain()
        (length,) = _length.unpack(await reader.readexactly(_length.size))
        if length > _LONGEST_REPLY:
            # the first bytes of "HTTP/1.1 400" are such a length
            raise BadThrift("no frame of Thrift")
        return _result(await reader.readexactly(length))


def log_call(spans: Iterable[Span]) -> bytes:
    """``Log(entries)``: for each span its Thrift in base64, in the category ``zipkin``."""
    lines = (Line("zipkin", base64.b64encode(thrift.encode(span)) + b"\n") for span in spans)
    return scribe.call(lines, sequence=0)


def _result(reply: bytes) -> int:
    """The ResultCode; an exception of the server is to be tried again, as TRY_LATER."""
    reader = Reader(reply)
    kind = reader.i32() & 0xFFFFFFFF
    reader.bytes()
    reader.i32()
    if kind != _REPLY:
        return _TRY_LATER
    for field in reader.fields():
        match field:
            case (0, code) if code == I32:
                return reader.i32()
            case (_, other):
                reader.skip(other)
    return _TRY_LATER

"""Reading a request's body when the sender may be hostile: bounds on bytes, memory and time."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

from clew.errors import ClewError
from clew.trace.collect.room import Lease

WIRE_LIMIT = 10 << 20
"""Bytes of a body as sent; Zipkin's limit."""
DECOMPRESSED_LIMIT = 32 << 20
"""Bytes of a body after gunzip, which Zipkin does not limit."""
_DRAINED = 64 << 20
_PIECE = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class BodyTooLarge(ClewError):
    """The body is larger than is read, as sent or after gunzip."""


class BrokenGzip(ClewError):
    """The body says that it is gzip and is not, or is cut off, or holds nothing."""


async def read_body(chunks: AsyncIterator[bytes], lease: Lease) -> bytes:
    """The whole body, held by ``lease``. Raises BodyTooLarge and NoRoom."""
    pieces, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > WIRE_LIMIT:
            raise BodyTooLarge(f"the body is larger than {WIRE_LIMIT} bytes")
        lease.grow(len(chunk))
        pieces.append(chunk)
    return b"".join(pieces)


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Read on and throw away, within reason: many senders listen only when they have sent all."""
    left = _DRAINED
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            return


def gunzip(body: bytes, lease: Lease) -> bytes:
    """What ``body`` was before gzip, held by ``lease`` instead of it.

    Raises BrokenGzip, BodyTooLarge and NoRoom.
    """
    pieces, size = [], 0
    for piece in _inflate(body):
        size += len(piece)
        if size > DECOMPRESSED_LIMIT:
            raise BodyTooLarge(f"the body is larger than {DECOMPRESSED_LIMIT} bytes, decompressed")
        lease.grow(len(piece))
        pieces.append(piece)
    if not size:
        raise BrokenGzip("Cannot gunzip spans")
    lease.shrink(len(body))
    return b"".join(pieces)


def _inflate(body: bytes) -> Iterator[bytes]:
    """The decompressed body in pieces: of every gzip member in it, up to what is none."""
    while body[:2] == _GZIP_MAGIC:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        while not member.eof:
            try:
                piece = member.decompress(body, _PIECE)
            except zlib.error as error:
                raise BrokenGzip("Cannot gunzip spans") from error
            body = member.unconsumed_tail
            if not (piece or body or member.eof):
                raise BrokenGzip("Cannot gunzip spans")
            yield piece
        body = member.unused_data

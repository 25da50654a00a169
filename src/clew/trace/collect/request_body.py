"""A request's body, whole and decompressed."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from clew.trace.collect.body import WIRE_LIMIT, BodyTooLarge, drain, gunzip, read_body
from clew.trace.collect.collector import LONG_WORK
from clew.trace.collect.room import Lease


async def whole_body(request: Request, lease: Lease, seconds: float) -> bytes:
    """The body, held by ``lease``, when it arrives within ``seconds``.

    Raises BodyTooLarge, BrokenGzip, NoRoom, ClientDisconnect and TimeoutError.
    """
    async with asyncio.timeout(seconds):
        body = await _as_sent(request, lease)
    if not body or "gzip" not in request.headers.get("content-encoding", ""):
        return body
    if len(body) < LONG_WORK:
        return gunzip(body, lease)
    return await asyncio.to_thread(gunzip, body, lease)


async def _as_sent(request: Request, lease: Lease) -> bytes:
    chunks = request.stream()
    declared = request.headers.get("content-length", "0")
    try:
        if declared.isdecimal() and int(declared) > WIRE_LIMIT:
            raise BodyTooLarge(f"the body is larger than {WIRE_LIMIT} bytes")
        return await read_body(chunks, lease)
    except BodyTooLarge:
        if "expect" not in request.headers:  # else it waits for leave to send, and gets none
            await drain(chunks)
        raise

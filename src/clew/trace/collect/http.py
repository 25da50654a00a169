"""``POST /api/v2/spans``, with Zipkin's statuses and texts."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clew.span.detect import Format, UnexpectedFormat, expect_list
from clew.span.errors import MalformedSpans
from clew.trace.collect.body import (
    WIRE_LIMIT,
    BodyTooLarge,
    BrokenGzip,
    drain,
    gunzip,
    read_body,
)
from clew.trace.collect.collector import LONG_WORK, Collector
from clew.trace.collect.counts import Counts
from clew.trace.collect.log import LogFailed
from clew.trace.collect.room import Lease, NoRoom, Room

TRANSPORT = "http"
BODY_SECONDS = 11.0
"""How long a body may take to arrive; Zipkin's request timeout."""
_LONGEST_ANSWER = 1000
"""Characters: a decoder may quote what it was sent."""


class HttpCollector:
    """The collector's path, which is at the root only, as in Zipkin."""

    def __init__(
        self, collector: Collector, room: Room, counts: Counts, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._collector = collector
        self._room = room
        self._counts = counts
        self._body_seconds = body_seconds

    def routes(self) -> list[Route]:
        """What to mount."""
        return [Route("/api/v2/spans", self._post_spans, methods=["POST"])]

    async def _post_spans(self, request: Request) -> Response:
        self._counts.message(TRANSPORT)
        try:
            with self._room.lease() as lease:
                await self._accept(request, lease)
        except (UnexpectedFormat, MalformedSpans, BrokenGzip) as error:
            return self._dropped(400, str(error))
        except ClientDisconnect:
            return self._dropped(400, "the sender went away")
        except TimeoutError:
            return self._dropped(408, f"the body took longer than {self._body_seconds:g} seconds")
        except BodyTooLarge as error:
            return self._dropped(413, str(error))
        except NoRoom as error:
            return self._refused("full", error)
        except LogFailed as error:
            return self._refused("log", error)
        return Response(status_code=202)

    async def _accept(self, request: Request, lease: Lease) -> None:
        async with asyncio.timeout(self._body_seconds):
            body = await _body(request, lease)
        if body and "gzip" in request.headers.get("content-encoding", ""):
            if len(body) < LONG_WORK:
                body = gunzip(body, lease)
            else:
                body = await asyncio.to_thread(gunzip, body, lease)
        if body in (b"", b"[]"):
            return
        self._counts.message_bytes(TRANSPORT, len(body))
        format = _format(request.headers.get("content-type", ""))
        expect_list(body, format)
        await self._collector.accept(body, format, TRANSPORT, lease)

    def _dropped(self, status: int, message: str) -> Response:
        self._counts.message_dropped(TRANSPORT)
        # after these the rest of the body may still be on its way, and nobody wants it
        headers = {"Connection": "close"} if status in (408, 413) else None
        return PlainTextResponse(message[:_LONGEST_ANSWER], status, headers)

    def _refused(self, reason: str, error: NoRoom | LogFailed) -> Response:
        self._counts.message_refused(TRANSPORT, reason)
        return PlainTextResponse(str(error), 503, {"Retry-After": "1"})


def _format(content_type: str) -> Format:
    """The content type only picks the decoder; any that is not known means JSON."""
    return Format.PROTO3 if content_type.startswith("application/x-protobuf") else Format.JSON_V2


async def _body(request: Request, lease: Lease) -> bytes:
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

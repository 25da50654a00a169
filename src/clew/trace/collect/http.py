"""``POST /api/v2/spans`` and ``/api/v1/spans``, with Zipkin's statuses and texts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clew.span.detect import Format, expect_list
from clew.trace.collect.collector import Collector
from clew.trace.collect.counts import Counts
from clew.trace.collect.refusal import Refusal, refusals
from clew.trace.collect.request_body import whole_body
from clew.trace.collect.room import Room

TRANSPORT = "http"
BODY_SECONDS = 11.0
"""How long a body may take to arrive; Zipkin's request timeout."""


class HttpCollector:
    """The collector's paths, which are at the root only, as in Zipkin."""

    def __init__(
        self, collector: Collector, room: Room, counts: Counts, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._collector = collector
        self._room = room
        self._counts = counts
        self._body_seconds = body_seconds

    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/api/v2/spans", self._post_v2, methods=["POST"]),
            Route("/api/v1/spans", self._post_v1, methods=["POST"]),
        ]

    async def _post_v2(self, request: Request) -> Response:
        return await self._post(
            request, Format.PROTO3 if _is(request, "application/x-protobuf") else Format.JSON_V2
        )

    async def _post_v1(self, request: Request) -> Response:
        return await self._post(
            request, Format.THRIFT if _is(request, "application/x-thrift") else Format.JSON_V1
        )

    async def _post(self, request: Request, format: Format) -> Response:
        self._counts.message(TRANSPORT)
        try:
            with refusals(self._counts, TRANSPORT), self._room.lease() as lease:
                body = await whole_body(request, lease, self._body_seconds)
                if body not in (b"", b"[]"):
                    self._counts.message_bytes(TRANSPORT, len(body))
                    expect_list(body, format)
                    await self._collector.accept(body, format, TRANSPORT, lease)
        except Refusal as refusal:
            return PlainTextResponse(refusal.message, refusal.status, refusal.headers)
        return Response(status_code=202)


def _is(request: Request, media_type: str) -> bool:
    """The content type only picks the decoder; any that is not known means JSON."""
    return request.headers.get("content-type", "").startswith(media_type)

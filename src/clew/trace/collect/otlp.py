"""OTLP: ``POST /v1/traces`` and ``TraceService/Export`` over gRPC.

What is good in a request is kept, and its sender is told of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import grpc
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from clew.span import otlp, otlp_answer
from clew.span.detect import Format
from clew.span.otlp import Export
from clew.trace.collect.collector import Collector, decoded
from clew.trace.collect.counts import REJECTED, Counts
from clew.trace.collect.grpc import RPC_CODES
from clew.trace.collect.http import BODY_SECONDS
from clew.trace.collect.refusal import Refusal, refusals
from clew.trace.collect.request_body import whole_body
from clew.trace.collect.room import Lease, Room

HTTP_TRANSPORT, GRPC_TRANSPORT = "otlp_http", "otlp_grpc"
PATH = "/v1/traces"
_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A way to write requests and answers."""

    media_type: str
    format: Format
    decode: Callable[[bytes], Export]
    success: Callable[[Export], bytes]
    failure: Callable[[int, str], bytes]


_PROTOBUF = _Encoding(
    "application/x-protobuf",
    Format.OTLP,
    otlp.decode,
    otlp_answer.success,
    otlp_answer.failure,
)
_JSON = _Encoding(
    "application/json",
    Format.OTLP_JSON,
    otlp.decode_json,
    otlp_answer.success_json,
    otlp_answer.failure_json,
)


class OtlpCollector:
    """The path and the service; both take bytes, because the decoder is ours."""

    def __init__(
        self, collector: Collector, room: Room, counts: Counts, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._collector = collector
        self._room = room
        self._counts = counts
        self._body_seconds = body_seconds

    def routes(self) -> list[Route]:
        """What to mount."""
        return [Route(PATH, self._post, methods=["POST"])]

    def serve_on(self, server: grpc.aio.Server) -> None:
        """Add the service to ``server``."""
        export: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(
            self._export
        )
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(_SERVICE, {"Export": export})]
        )

    async def _post(self, request: Request) -> Response:
        self._counts.message(HTTP_TRANSPORT)
        encoding = _encoding(request.headers.get("content-type", ""))
        if encoding is None:
            self._counts.message_dropped(HTTP_TRANSPORT)
            return PlainTextResponse(f"use {_PROTOBUF.media_type} or {_JSON.media_type}", 415)
        try:
            with refusals(self._counts, HTTP_TRANSPORT), self._room.lease() as lease:
                body = await whole_body(request, lease, self._body_seconds)
                export = await self._take(body, encoding, HTTP_TRANSPORT, lease)
        except Refusal as refusal:
            told = encoding.failure(_number(RPC_CODES[refusal.status]), refusal.message)
            return Response(told, refusal.status, refusal.headers, encoding.media_type)
        return Response(encoding.success(export), media_type=encoding.media_type)

    async def _export(self, body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        self._counts.message(GRPC_TRANSPORT)
        try:
            with refusals(self._counts, GRPC_TRANSPORT), self._room.lease() as lease:
                lease.grow(len(body))
                export = await self._take(body, _PROTOBUF, GRPC_TRANSPORT, lease)
        except Refusal as refusal:
            await context.abort(RPC_CODES[refusal.status], refusal.message)
        return otlp_answer.success(export)

    async def _take(self, body: bytes, encoding: _Encoding, transport: str, lease: Lease) -> Export:
        self._counts.message_bytes(transport, len(body))
        export = await decoded(encoding.decode, body)
        await self._collector.keep(export.spans, body, encoding.format, transport, lease)
        if export.rejected:
            self._counts.left_out(transport, export.rejected, REJECTED)
        return export


def _encoding(content_type: str) -> _Encoding | None:
    media_type = content_type.partition(";")[0].strip().lower()
    return next((known for known in (_PROTOBUF, _JSON) if known.media_type == media_type), None)


def _number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number


class OnlyOtlp:
    """ASGI middleware: at the ports that are OTLP's nothing else is served."""

    def __init__(self, app: ASGIApp, *, ports: Collection[int]) -> None:
        self._app = app
        self._ports = ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that nothing is there."""
        server = scope.get("server")
        if server and server[1] in self._ports and scope["path"] != PATH:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

"""``/zipkin.proto3.SpanService/Report`` over gRPC."""

from __future__ import annotations

import grpc

from clew.span.detect import Format
from clew.trace.collect.body import WIRE_LIMIT
from clew.trace.collect.collector import Collector
from clew.trace.collect.counts import Counts
from clew.trace.collect.refusal import Refusal, refusals
from clew.trace.collect.room import Room

TRANSPORT = "grpc"
GRPC_OPTIONS = [("grpc.max_receive_message_length", WIRE_LIMIT)]
"""Options of a server that carries the service."""
RPC_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
"""What gRPC has for the statuses of refusals."""
_SERVICE = "zipkin.proto3.SpanService"
_EMPTY_RESPONSE = b""


class GrpcCollector:
    """The service; it takes and gives bytes, because the decoder is ours."""

    def __init__(self, collector: Collector, room: Room, counts: Counts) -> None:
        self._collector = collector
        self._room = room
        self._counts = counts

    def serve_on(self, server: grpc.aio.Server) -> None:
        """Add the service to ``server``."""
        report: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(
            self._report
        )
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(_SERVICE, {"Report": report})]
        )

    async def _report(self, body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        self._counts.message(TRANSPORT)
        self._counts.message_bytes(TRANSPORT, len(body))
        try:
            with refusals(self._counts, TRANSPORT), self._room.lease() as lease:
                lease.grow(len(body))
                await self._collector.accept(body, Format.PROTO3, TRANSPORT, lease)
        except Refusal as refusal:
            await context.abort(RPC_CODES[refusal.status], refusal.message)
        return _EMPTY_RESPONSE

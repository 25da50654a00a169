"""What the sender of an OTLP request is told, in protobuf or in JSON as its request was."""

from __future__ import annotations

from typing import Any

import msgspec

from clew.span.otlp import Export
from clew.span.otlp_messages import ExportTraceServiceResponse, RpcStatus


def success(export: Export) -> bytes:
    """An ``ExportTraceServiceResponse``: empty, unless some spans were rejected."""
    message = ExportTraceServiceResponse()
    if export.rejected:
        message.partial_success.rejected_spans = export.rejected
        message.partial_success.error_message = _rejection(export)
    return _encoded(message)


def success_json(export: Export) -> bytes:
    """:func:`success` in JSON."""
    if not export.rejected:
        return b"{}"
    # a number of 64 bits is a text
    partial = {"rejectedSpans": str(export.rejected), "errorMessage": _rejection(export)}
    return msgspec.json.encode({"partialSuccess": partial})


def failure(code: int, message: str) -> bytes:
    """A ``google.rpc.Status``; ``code`` is one of gRPC's."""
    return _encoded(RpcStatus(code=code, message=message))


def failure_json(code: int, message: str) -> bytes:
    """:func:`failure` in JSON."""
    return msgspec.json.encode({"code": code, "message": message})


def _rejection(export: Export) -> str:
    return f"{export.rejected} of {len(export.spans) + export.rejected} spans: {export.reason}"


def _encoded(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded

"""What the sender of an OTLP request is told, in protobuf or in JSON as its request was."""

from __future__ import annotations

from typing import Any

import msgspec
from google.protobuf.message import DecodeError

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


def rejection(answer: bytes) -> str:
    """What an ``ExportTraceServiceResponse`` says of spans that were rejected; empty for none."""
    try:
        told = ExportTraceServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return ""
    if not told.rejected_spans:
        return ""
    return f"refused {told.rejected_spans} spans: {told.error_message or 'it does not say why'}"


def failure_words(answer: bytes) -> str:
    """The message of a ``google.rpc.Status``; of any other body its text."""
    try:
        message: str = RpcStatus.FromString(answer).message
    except DecodeError:
        message = ""
    return message or answer.decode("utf-8", "replace")


def _rejection(export: Export) -> str:
    return f"{export.rejected} of {len(export.spans) + export.rejected} spans: {export.reason}"


def _encoded(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded

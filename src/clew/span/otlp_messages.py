"""The message classes of OTLP's trace service, declared for fast reading rather than as published.

On the wire they are the published ones. A repeated message is declared as the bytes that it is and
read one at a time: of two bytes that say "empty span" protobuf would make 140. So is a text, in
order that one that is not UTF-8 refuses nothing, and an attribute's value, because most are plain
strings, which :mod:`clew.span.otlp_values` reads without making a message. The field of scopes
reads what old senders called ``instrumentation_library_spans``: its number is the same.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    OneofDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_BOOL = FieldDescriptorProto.TYPE_BOOL
_BYTES = FieldDescriptorProto.TYPE_BYTES
_DOUBLE = FieldDescriptorProto.TYPE_DOUBLE
_FIXED64 = FieldDescriptorProto.TYPE_FIXED64
_INT32 = FieldDescriptorProto.TYPE_INT32
_INT64 = FieldDescriptorProto.TYPE_INT64
_STRING = FieldDescriptorProto.TYPE_STRING
_UINT32 = FieldDescriptorProto.TYPE_UINT32


def _field(
    number: int, name: str, kind: FieldDescriptorProto.Type.ValueType
) -> FieldDescriptorProto:
    return FieldDescriptorProto(
        number=number, name=name, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL
    )


def _repeated(number: int, name: str) -> FieldDescriptorProto:
    return FieldDescriptorProto(
        number=number, name=name, type=_BYTES, label=FieldDescriptorProto.LABEL_REPEATED
    )


def _nested(number: int, name: str, message: str) -> FieldDescriptorProto:
    field = _field(number, name, FieldDescriptorProto.TYPE_MESSAGE)
    field.type_name = message
    return field


def _attributes(number: int) -> FieldDescriptorProto:
    return _repeated(number, "attributes")


def _dropped(number: int, what: str = "attributes") -> FieldDescriptorProto:
    return _field(number, f"dropped_{what}_count", _UINT32)


def _any_value() -> DescriptorProto:
    message = DescriptorProto(
        name="AnyValue",
        oneof_decl=[OneofDescriptorProto(name="value")],
        field=[
            _field(1, "string_value", _BYTES),
            _field(2, "bool_value", _BOOL),
            _field(3, "int_value", _INT64),
            _field(4, "double_value", _DOUBLE),
            _nested(5, "array_value", "ArrayValue"),
            _nested(6, "kvlist_value", "KeyValueList"),
            _field(7, "bytes_value", _BYTES),
        ],
    )
    for field in message.field:
        field.oneof_index = 0
    return message


def _file() -> FileDescriptorProto:
    messages = {
        "ExportTraceServiceRequest": [
            _repeated(1, "resource_spans"),
        ],
        "ResourceSpans": [
            _nested(1, "resource", "Resource"),
            _repeated(2, "scope_spans"),
        ],
        "Resource": [_attributes(1)],
        "ScopeSpans": [
            _nested(1, "scope", "InstrumentationScope"),
            _repeated(2, "spans"),
        ],
        "InstrumentationScope": [
            _field(1, "name", _BYTES),
            _field(2, "version", _BYTES),
            _attributes(3),
        ],
        "Span": [
            _field(1, "trace_id", _BYTES),
            _field(2, "span_id", _BYTES),
            _field(3, "trace_state", _BYTES),
            _field(4, "parent_span_id", _BYTES),
            _field(5, "name", _BYTES),
            _field(6, "kind", _INT32),
            _field(7, "start_time_unix_nano", _FIXED64),
            _field(8, "end_time_unix_nano", _FIXED64),
            _attributes(9),
            _dropped(10),
            _repeated(11, "events"),
            _dropped(12, "events"),
            _repeated(13, "links"),
            _dropped(14, "links"),
            _nested(15, "status", "Status"),
        ],
        "Event": [
            _field(1, "time_unix_nano", _FIXED64),
            _field(2, "name", _BYTES),
            _attributes(3),
            _dropped(4),
        ],
        "Link": [
            _field(1, "trace_id", _BYTES),
            _field(2, "span_id", _BYTES),
            _field(3, "trace_state", _BYTES),
            _attributes(4),
            _dropped(5),
        ],
        "Status": [_field(2, "message", _BYTES), _field(3, "code", _INT32)],
        "KeyValue": [_field(1, "key", _BYTES), _field(2, "value", _BYTES)],
        "ArrayValue": [_repeated(1, "values")],
        "KeyValueList": [_repeated(1, "values")],
        "ExportTraceServiceResponse": [_nested(1, "partial_success", "ExportTracePartialSuccess")],
        "ExportTracePartialSuccess": [
            _field(1, "rejected_spans", _INT64),
            _field(2, "error_message", _STRING),
        ],
        "RpcStatus": [_field(1, "code", _INT32), _field(2, "message", _STRING)],
    }
    return FileDescriptorProto(
        name="otlp.proto",
        syntax="proto3",
        message_type=[
            *(DescriptorProto(name=name, field=fields) for name, fields in messages.items()),
            _any_value(),
        ],
    )


_pool = DescriptorPool()  # our own: the default pool has one name space for the whole process
_pool.Add(_file())


def _message(name: str) -> Any:
    return GetMessageClass(_pool.FindMessageTypeByName(name))


ExportTraceServiceRequest = _message("ExportTraceServiceRequest")
ExportTraceServiceResponse = _message("ExportTraceServiceResponse")
RpcStatus = _message("RpcStatus")
"""``google.rpc.Status``."""
ResourceSpans = _message("ResourceSpans")
ScopeSpans = _message("ScopeSpans")
SpanMessage = _message("Span")
EventMessage = _message("Event")
LinkMessage = _message("Link")
KeyValue = _message("KeyValue")
AnyValue = _message("AnyValue")

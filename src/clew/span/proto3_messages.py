"""The message classes of ``zipkin.proto3``, declared for fast reading rather than as published.

On the wire they are the published ones. An endpoint is declared as the bytes that it is, so that a
reader decodes each distinct endpoint once; numbers are signed, as Java reads them.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_BOOL = FieldDescriptorProto.TYPE_BOOL
_BYTES = FieldDescriptorProto.TYPE_BYTES
_INT32 = FieldDescriptorProto.TYPE_INT32
_INT64 = FieldDescriptorProto.TYPE_INT64
_SFIXED64 = FieldDescriptorProto.TYPE_SFIXED64
_STRING = FieldDescriptorProto.TYPE_STRING


def _field(
    number: int, name: str, kind: FieldDescriptorProto.Type.ValueType
) -> FieldDescriptorProto:
    return FieldDescriptorProto(
        number=number, name=name, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL
    )


def _repeated(number: int, name: str, message: str) -> FieldDescriptorProto:
    return FieldDescriptorProto(
        number=number,
        name=name,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=message,
        label=FieldDescriptorProto.LABEL_REPEATED,
    )


def _file(text: FieldDescriptorProto.Type.ValueType) -> FileDescriptorProto:
    """The messages with every text of a span declared as ``text``: strings, or unchecked bytes."""
    tag = DescriptorProto(
        name="TagsEntry", field=[_field(1, "key", text), _field(2, "value", text)]
    )
    tag.options.map_entry = text == _STRING  # bytes cannot be the key of a map
    span = DescriptorProto(
        name="Span",
        nested_type=[tag],
        field=[
            _field(1, "trace_id", _BYTES),
            _field(2, "parent_id", _BYTES),
            _field(3, "id", _BYTES),
            _field(4, "kind", _INT32),
            _field(5, "name", text),
            _field(6, "timestamp", _SFIXED64),
            _field(7, "duration", _INT64),
            _field(8, "local_endpoint", _BYTES),
            _field(9, "remote_endpoint", _BYTES),
            _repeated(10, "annotations", "Annotation"),
            _repeated(11, "tags", "Span.TagsEntry"),
            _field(12, "debug", _BOOL),
            _field(13, "shared", _BOOL),
        ],
    )
    annotation = DescriptorProto(
        name="Annotation", field=[_field(1, "timestamp", _SFIXED64), _field(2, "value", text)]
    )
    endpoint = DescriptorProto(
        name="Endpoint",
        field=[
            _field(1, "service_name", _BYTES),
            _field(2, "ipv4", _BYTES),
            _field(3, "ipv6", _BYTES),
            _field(4, "port", _INT32),
        ],
    )
    spans = DescriptorProto(name="ListOfSpans", field=[_repeated(1, "spans", "Span")])
    return FileDescriptorProto(
        name="zipkin.proto", syntax="proto3", message_type=[spans, span, annotation, endpoint]
    )


def _pool(text: FieldDescriptorProto.Type.ValueType) -> DescriptorPool:
    pool = DescriptorPool()  # our own: the default pool has one name space for the whole process
    pool.Add(_file(text))
    return pool


def _message(pool: DescriptorPool, name: str) -> Any:
    return GetMessageClass(pool.FindMessageTypeByName(name))


_strings = _pool(_STRING)
ListOfSpans = _message(_strings, "ListOfSpans")
EndpointMessage = _message(_strings, "Endpoint")
ListOfUncheckedSpans = _message(_pool(_BYTES), "ListOfSpans")
"""The same with every text as bytes and tags as pairs: reads what is not UTF-8."""

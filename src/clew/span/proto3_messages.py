"""The message classes of ``zipkin.proto3``, declared for fast reading rather than as published.

On the wire they are the published ones. An endpoint is declared as the bytes that it is, so that a
reader decodes each distinct endpoint once; numbers are signed, as Java reads them. Of the two sets
one is for writing. In the other, for reading, a repeated message is its bytes too, and is read one
at a time: of two bytes that say "empty span" protobuf would make 140. So is a text: one that is not
UTF-8 must not refuse the list.
"""

from __future__ import annotations

from collections.abc import Callable
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


def _raw(number: int, name: str, message: str) -> FieldDescriptorProto:
    """A repeated message, left as the bytes that it is."""
    return FieldDescriptorProto(
        number=number, name=name, type=_BYTES, label=FieldDescriptorProto.LABEL_REPEATED
    )


def _file(
    text: FieldDescriptorProto.Type.ValueType,
    repeated: Callable[[int, str, str], FieldDescriptorProto],
) -> FileDescriptorProto:
    """The messages, with texts declared as ``text`` and repeated messages by ``repeated``."""
    tag = DescriptorProto(
        name="TagsEntry", field=[_field(1, "key", text), _field(2, "value", text)]
    )
    tag.options.map_entry = repeated is _repeated
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
            repeated(10, "annotations", "Annotation"),
            repeated(11, "tags", "Span.TagsEntry"),
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
    spans = DescriptorProto(name="ListOfSpans", field=[repeated(1, "spans", "Span")])
    return FileDescriptorProto(
        name="zipkin.proto", syntax="proto3", message_type=[spans, span, annotation, endpoint]
    )


def _pool(file: FileDescriptorProto) -> DescriptorPool:
    pool = DescriptorPool()  # our own: the default pool has one name space for the whole process
    pool.Add(file)
    return pool


def _message(pool: DescriptorPool, name: str) -> Any:
    return GetMessageClass(pool.FindMessageTypeByName(name))


_writing = _pool(_file(_STRING, _repeated))
_reading = _pool(_file(_BYTES, _raw))
WritableListOfSpans = _message(_writing, "ListOfSpans")
WritableSpan = _message(_writing, "Span")
ListOfSpans = _message(_reading, "ListOfSpans")
SpanMessage = _message(_reading, "Span")
TagMessage = _message(_reading, "Span.TagsEntry")
AnnotationMessage = _message(_reading, "Annotation")
EndpointMessage = _message(_reading, "Endpoint")

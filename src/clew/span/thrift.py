"""Zipkin's v1 Thrift: ``zipkinCore.Span`` in TBinary, to and from spans.

As in Zipkin, a binary annotation that is no string and no address, and an annotation without a time
or a value, are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from clew.span import thrift_protocol as thrift
from clew.span.errors import MalformedSpans
from clew.span.model import Endpoint, Span
from clew.span.normal import InvalidSpan, new_endpoint, packed_address
from clew.span.thrift_protocol import BadThrift, Reader
from clew.span.v1 import ADDRESSES, BinaryAnnotation, V1Annotation, V1Span
from clew.span.v1_to_v2 import to_v2
from clew.span.v2_to_v1 import to_v1

T = TypeVar("T")

_BOOL_VALUE, _STRING_VALUE = 0, 6
_LONG = 2**64
_LONGEST_KEPT = 512
"""Characters and bytes of an endpoint that is remembered."""


def decode_list(body: bytes) -> list[Span]:
    """The spans of a list of structs, as v2. Raises MalformedSpans for the first bad one."""
    try:
        reader = Reader(body)
        _, count = reader.list()  # the element's type is not looked at: some reporters wrote 11
        return [side for _ in range(count) for side in to_v2(_span(reader))]
    except (BadThrift, InvalidSpan) as error:
        raise MalformedSpans(str(error), "TBinary") from error


def decode_one(body: bytes) -> tuple[list[Span], int]:
    """The spans of the one struct that ``body`` begins with, and its length in bytes.

    Raises MalformedSpans.
    """
    try:
        reader = Reader(body)
        return to_v2(_span(reader)), reader.at
    except (BadThrift, InvalidSpan) as error:
        raise MalformedSpans(str(error), "TBinary", "Span") from error


def join(structs: Iterable[bytes]) -> bytes:
    """Encoded spans as a list, which :func:`decode_list` reads."""
    return thrift.plain_structs(structs)


def encode(span: Span) -> bytes:
    """``span`` as a v1 struct: for senders, and for tests of what reads it."""
    return thrift.plain_struct(_span_fields(to_v1(span)))


def encode_list(spans: Iterable[Span]) -> bytes:
    """``spans`` as a list of v1 structs."""
    return join(map(encode, spans))


def _span(reader: Reader) -> V1Span:
    low = high = id = parent_id = timestamp = duration = 0
    name, debug = None, False
    annotations: list[V1Annotation] = []
    binary_annotations: list[BinaryAnnotation] = []
    for field in reader.fields():
        match field:
            case (1, thrift.I64):
                low = reader.i64() % _LONG
            case (3, thrift.STRING):
                name = reader.text()
            case (4, thrift.I64):
                id = reader.i64() % _LONG
            case (5, thrift.I64):
                parent_id = reader.i64() % _LONG
            case (6, thrift.LIST):
                annotations = _each(reader, _annotation)
            case (8, thrift.LIST):
                binary_annotations = _each(reader, _binary_annotation)
            case (9, thrift.BOOL):
                debug = reader.byte() == 1
            case (10, thrift.I64):
                timestamp = reader.i64()
            case (11, thrift.I64):
                duration = reader.i64()
            case (12, thrift.I64):
                high = reader.i64() % _LONG
            case (_, kind):
                reader.skip(kind)
    return V1Span(
        trace_id=high << 64 | low,
        id=id,
        parent_id=parent_id,
        name=name,
        timestamp=timestamp,
        duration=duration,
        annotations=annotations,
        binary_annotations=binary_annotations,
        debug=debug,
    )


def _each(reader: Reader, read: Callable[[Reader], T | None]) -> list[T]:
    """What ``read`` makes of each struct of a list."""
    _, count = reader.list()
    items = (read(reader) for _ in range(count))
    return [item for item in items if item is not None]


def _annotation(reader: Reader) -> V1Annotation | None:
    timestamp, value, endpoint = 0, None, None
    for field in reader.fields():
        match field:
            case (1, thrift.I64):
                timestamp = reader.i64()
            case (2, thrift.STRING):
                value = reader.text()
            case (3, thrift.STRUCT):
                endpoint = _endpoint(reader)
            case (_, kind):
                reader.skip(kind)
    return V1Annotation(timestamp, value, endpoint) if timestamp and value is not None else None


def _binary_annotation(reader: Reader) -> BinaryAnnotation | None:
    key, value, type_, endpoint = None, None, None, None
    for field in reader.fields():
        match field:
            case (1, thrift.STRING):
                key = reader.text()
            case (2, thrift.STRING):
                value = reader.text()
            case (3, thrift.I32):
                type_ = reader.i32()
            case (4, thrift.STRUCT):
                endpoint = _endpoint(reader)
            case (_, kind):
                reader.skip(kind)
    if key is None or value is None:
        return None
    if type_ == _STRING_VALUE or (type_ == _BOOL_VALUE and key in ADDRESSES and endpoint):
        return BinaryAnnotation(key, value, endpoint)
    return None


def _endpoint(reader: Reader) -> Endpoint | None:
    ipv4, port, service, ipv6 = 0, 0, "", b""
    for field in reader.fields():
        match field:
            case (1, thrift.I32):
                ipv4 = reader.i32()
            case (2, thrift.I16):
                port = reader.i16() & 0xFFFF
            case (3, thrift.STRING):
                service = reader.text()
            case (4, thrift.STRING):
                ipv6 = reader.bytes()
            case (_, kind):
                reader.skip(kind)
    # few distinct ones make up any traffic; a cache must not grow with what is in them
    make = _remembered_endpoint if len(service) + len(ipv6) <= _LONGEST_KEPT else _new_endpoint
    return make(ipv4, port, service, ipv6)


def _new_endpoint(ipv4: int, port: int, service: str, ipv6: bytes) -> Endpoint | None:
    mapped, six = packed_address(ipv6)
    four = str(IPv4Address(ipv4 & 0xFFFF_FFFF)) if ipv4 else mapped
    return new_endpoint(service_name=service, ipv4=four, ipv6=six, port=port)


_remembered_endpoint = functools.lru_cache(maxsize=4096)(_new_endpoint)


def _span_fields(span: V1Span) -> Iterator[bytes]:
    yield thrift.i64(1, _signed(span.trace_id % _LONG))
    yield thrift.string(3, (span.name or "").encode())
    yield thrift.i64(4, _signed(span.id))
    if span.parent_id:
        yield thrift.i64(5, _signed(span.parent_id))
    if span.annotations:
        yield thrift.structs(6, map(_encode_annotation, span.annotations))
    if span.binary_annotations:
        yield thrift.structs(8, map(_encode_binary_annotation, span.binary_annotations))
    if span.debug:
        yield thrift.boolean(9, True)
    if span.timestamp:
        yield thrift.i64(10, span.timestamp)
    if span.duration:
        yield thrift.i64(11, span.duration)
    if high := span.trace_id >> 64:
        yield thrift.i64(12, _signed(high))


def _encode_annotation(item: V1Annotation) -> bytes:
    fields = [thrift.i64(1, item.timestamp), thrift.string(2, item.value.encode())]
    if item.endpoint:
        fields.append(thrift.nested(3, _endpoint_fields(item.endpoint)))
    return thrift.plain_struct(fields)


def _encode_binary_annotation(item: BinaryAnnotation) -> bytes:
    address = item.key in ADDRESSES
    fields = [
        thrift.string(1, item.key.encode()),
        thrift.string(2, b"\1" if address else item.value.encode()),
        thrift.i32(3, _BOOL_VALUE if address else _STRING_VALUE),
    ]
    if item.endpoint:
        fields.append(thrift.nested(4, _endpoint_fields(item.endpoint)))
    return thrift.plain_struct(fields)


def _endpoint_fields(endpoint: Endpoint) -> Iterator[bytes]:
    packed = IPv4Address(endpoint.ipv4 or 0).packed
    yield thrift.i32(1, int.from_bytes(packed, signed=True))
    port = endpoint.port or 0
    yield thrift.i16(2, port - 0x1_0000 if port > 0x7FFF else port)
    yield thrift.string(3, (endpoint.service_name or "").encode())
    if endpoint.ipv6:
        yield thrift.string(4, IPv6Address(endpoint.ipv6).packed)


def _signed(number: int) -> int:
    return number - _LONG if number >= _LONG // 2 else number

"""Zipkin's protobuf: ``zipkin.proto3.ListOfSpans``, to and from spans.

The parser is protobuf's own; reading a message's fields from Python is what costs. With endpoints
and tags as bytes (:mod:`clew.span.proto3_messages`), of which each distinct one is read once, that
is 1.5 times as fast as with nested messages or as a reader of the wire format in Python.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from google.protobuf.message import DecodeError

from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import InvalidSpan, new_endpoint, new_span, packed_address
from clew.span.proto3_messages import (
    AnnotationMessage,
    EndpointMessage,
    ListOfSpans,
    SpanMessage,
    TagMessage,
    WritableListOfSpans,
    WritableSpan,
)

_KINDS = {1: Kind.CLIENT, 2: Kind.SERVER, 3: Kind.PRODUCER, 4: Kind.CONSUMER}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_LONGEST_KEPT = 512
"""Bytes of an endpoint that is remembered."""
_LONGEST_TAG_KEPT = 64
"""Bytes of a tag that is remembered."""
_KEY_KEY, _VALUE_KEY = 1 << 3 | 2, 2 << 3 | 2  # fields 1 and 2 of TagsEntry, length-delimited
_SPANS_KEY = 1 << 3 | 2  # field 1 of ListOfSpans, length-delimited


def decode_list(body: bytes) -> list[Span]:
    """The spans of a ``ListOfSpans``, normalised. Raises MalformedSpans for the first bad one.

    Text that is not UTF-8 does not refuse the list, as it does not in Zipkin: a proxy passes on
    whatever bytes a client sent as its user agent. Such bytes become U+FFFD.
    """
    try:
        return [_span(SpanMessage.FromString(raw)) for raw in ListOfSpans.FromString(body).spans]
    except InvalidSpan as error:
        raise MalformedSpans(str(error), "proto3") from error
    except DecodeError as error:
        raise MalformedSpans(_fault(body), "proto3") from error


def split_list(body: bytes) -> list[bytes]:
    """The spans of a ``ListOfSpans`` as the messages that they are. Raises MalformedSpans."""
    try:
        spans: list[bytes] = ListOfSpans.FromString(body).spans[:]
    except DecodeError as error:
        raise MalformedSpans(_fault(body), "proto3") from error
    return spans


def join_list(spans: Iterable[bytes]) -> bytes:
    """The opposite of :func:`split_list`."""
    parts: list[bytes] = []
    for span in spans:
        parts += _list_key(len(span)), span
    return b"".join(parts)


def decode_tag(encoded: bytes) -> tuple[str, str]:
    """Key and value of the message that a tag is. Raises MalformedSpans."""
    size = len(encoded)
    if 3 < size < 0x80 and encoded[0] == _KEY_KEY:
        at = encoded[1] + 2  # where the value begins
        # nearly every one is a short key, then a short value, and nothing else
        if encoded[at : at + 2] == bytes((_VALUE_KEY, max(0, size - at - 2))):
            return _text(encoded[2:at]), _text(encoded[at + 2 :])
    try:
        item = TagMessage.FromString(encoded)
    except DecodeError as error:
        raise MalformedSpans("Malformed", "proto3") from error
    return _text(item.key), _text(item.value)


def encode_list(spans: Iterable[Span]) -> bytes:
    """``spans`` as a ``ListOfSpans``, which :func:`decode_list` reads back as the same spans.

    Except that an annotation at time 0 or without a value cannot be told from an incomplete one.
    """
    message = WritableListOfSpans()
    for span in spans:
        item = message.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            id=bytes.fromhex(span.id),
            kind=_KIND_NUMBERS[span.kind] if span.kind else 0,
            name=span.name or "",
            timestamp=span.timestamp or 0,
            duration=span.duration or 0,
            tags=span.tags,
            debug=span.debug,
            shared=span.shared,
        )
        if span.parent_id:
            item.parent_id = bytes.fromhex(span.parent_id)
        if span.local_endpoint:
            item.local_endpoint = _endpoint_bytes(span.local_endpoint)
        if span.remote_endpoint:
            item.remote_endpoint = _endpoint_bytes(span.remote_endpoint)
        for annotation in span.annotations:
            item.annotations.add(timestamp=annotation.timestamp, value=annotation.value)
    encoded: bytes = message.SerializeToString(deterministic=True)  # tags sorted by key
    return encoded


def encode_fields(
    *, local: Endpoint | None = None, remote: Endpoint | None = None, tags: Mapping[str, str]
) -> bytes:
    """The fields of a span that has only these; beside its other fields they make a whole one."""
    message = WritableSpan(tags=tags)
    if local:
        message.local_endpoint = _endpoint_bytes(local)
    if remote:
        message.remote_endpoint = _endpoint_bytes(remote)
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def _span(item: Any) -> Span:
    annotations, tags = item.annotations, item.tags
    return new_span(
        trace_id=item.trace_id.hex(),
        parent_id=item.parent_id.hex() or None,
        id=item.id.hex(),
        kind=_KINDS.get(item.kind),  # a kind of a later version is no kind, as in Zipkin
        name=_text(item.name),
        timestamp=item.timestamp,
        duration=item.duration,
        local_endpoint=_known_endpoint(item.local_endpoint),
        remote_endpoint=_known_endpoint(item.remote_endpoint),
        annotations=list(_annotations(annotations)) if annotations else (),
        tags=_tags(tags) if tags else {},
        debug=item.debug,
        shared=item.shared,
    )


def _annotations(encoded: Iterable[bytes]) -> Iterator[Annotation]:
    for item in map(AnnotationMessage.FromString, encoded):
        if item.timestamp and item.value:  # unlike in JSON, an incomplete one is skipped
            yield Annotation(timestamp=Micros(item.timestamp), value=_text(item.value))


_remembered_tag = functools.lru_cache(maxsize=8192)(decode_tag)


def _tags(encoded: Iterable[bytes]) -> dict[str, str]:
    """Most tags of any traffic are few distinct short ones."""
    return dict(
        [
            _remembered_tag(tag) if len(tag) <= _LONGEST_TAG_KEPT else decode_tag(tag)
            for tag in encoded
        ]
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _endpoint(encoded: bytes) -> Endpoint | None:
    """The endpoint, or None for an empty or absent one."""
    item = EndpointMessage.FromString(encoded)
    ipv4, ipv6 = packed_address(item.ipv4)[0], None
    if item.ipv6:  # may hold an IPv4 address, which then counts
        mapped, ipv6 = packed_address(item.ipv6)
        ipv4 = mapped or ipv4
    return new_endpoint(
        service_name=_text(item.service_name),
        ipv4=ipv4,
        ipv6=ipv6,
        port=item.port,
    )


_remembered_endpoint = functools.lru_cache(maxsize=4096)(_endpoint)


def _known_endpoint(encoded: bytes) -> Endpoint | None:
    """Few distinct ones make up any traffic; a cache must not grow with what is in them."""
    return _remembered_endpoint(encoded) if len(encoded) <= _LONGEST_KEPT else _endpoint(encoded)


@functools.lru_cache(maxsize=4096)
def _endpoint_bytes(endpoint: Endpoint) -> bytes:
    encoded: bytes = EndpointMessage(
        service_name=(endpoint.service_name or "").encode(),
        ipv4=IPv4Address(endpoint.ipv4).packed if endpoint.ipv4 else b"",
        ipv6=IPv6Address(endpoint.ipv6).packed if endpoint.ipv6 else b"",
        port=endpoint.port or 0,
    ).SerializeToString()
    return encoded


@functools.lru_cache(maxsize=4096)
def _list_key(size: int) -> bytes:
    """What stands before a span of ``size`` bytes in a list."""
    key = bytearray((_SPANS_KEY,))
    while size >= 0x80:
        key.append(size & 0x7F | 0x80)
        size >>= 7
    key.append(size)
    return bytes(key)


def _fault(body: bytes) -> str:
    """Zipkin's words for what is wrong: a span longer than what is there, or just Malformed."""
    at = 0
    while at < len(body) and body[at] == _SPANS_KEY:
        length = shift = 0
        at += 1
        while at < len(body):
            byte = body[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        if length > len(body) - at:
            return f"Truncated: length {length} > bytes available {len(body) - at}"
        at += length
    return "Malformed"

"""Which format a list of spans is written in, told by its first bytes as Zipkin does."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable

from clew.span import json_v1, json_v2, otlp, proto3, thrift
from clew.span.model import Span


class Format(enum.IntEnum):
    """A way to write a list of spans; the name is Zipkin's, the number is kept in files."""

    JSON_V2 = 1
    PROTO3 = 2
    JSON_V1 = 3
    THRIFT = 4
    OTLP = 5
    OTLP_JSON = 6


DECODERS: dict[Format, Callable[[bytes], list[Span]]] = {
    Format.JSON_V2: json_v2.decode_list,
    Format.PROTO3: proto3.decode_list,
    Format.JSON_V1: json_v1.decode_list,
    Format.THRIFT: thrift.decode_list,
    Format.OTLP: otlp.decode_list,
    Format.OTLP_JSON: otlp.decode_json_list,
}
"""How to read a list of each format. Each raises MalformedSpans for the first bad span."""


class UnexpectedFormat(ValueError):
    """The body is not a list in the expected format; ``str`` of it is Zipkin's answer."""


def detect(body: bytes) -> Format | None:
    """Zipkin's format that a list seems to be written in; None when it is no list in any.

    JSON that has nothing of v2 counts as v1: an empty span is in both.
    """
    if _JSON_LIST.match(body):
        return Format.JSON_V2 if _has_v2(body) else Format.JSON_V1
    if body[:1] == b"\x0a":  # the key of proto3's first field; an empty message follows a zero
        return Format.PROTO3 if body[1:2] not in (b"", b"\0") else None
    # thrift: a list of structs, or an old reporter's
    return Format.THRIFT if body[:1] in (b"\x0c", b"\x0b") else None


def expect_list(body: bytes, expected: Format) -> None:
    """Raise UnexpectedFormat when ``body`` cannot be a list that an ``expected`` reader takes.

    As in Zipkin this is a first look that keeps one version of JSON from being read as the other,
    which would lose what it says; the reader decides the rest.
    """
    message = f"Expected a {expected.name} encoded list"
    if detect(body) is None:
        raise UnexpectedFormat(f"{message}\n")
    if expected is Format.JSON_V2 and _has_v1(body):
        raise UnexpectedFormat(f"{message}, but received: JSON_V1\n")
    if expected is Format.JSON_V1 and _has_v2(body):
        raise UnexpectedFormat(f"{message}, but received: JSON_V2\n")


def _has_v1(body: bytes) -> bool:
    return b'yAnnotations"' in body  # the end of "binaryAnnotations"


def _has_v2(body: bytes) -> bool:
    return b'Endpoint"' in body or b'"tags"' in body  # the end of "localEndpoint"


# blanks before the list are taken, which Zipkin refuses
_JSON_LIST = re.compile(rb"[ \t\r\n]*\[")

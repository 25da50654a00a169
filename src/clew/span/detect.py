"""Which format a list of spans is written in, told by its first bytes as Zipkin does."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable

from clew.span import json_v2, proto3
from clew.span.model import Span


class Format(enum.IntEnum):
    """A way to write a list of spans; the name is Zipkin's, the number is kept in files."""

    JSON_V2 = 1
    PROTO3 = 2


DECODERS: dict[Format, Callable[[bytes], list[Span]]] = {
    Format.JSON_V2: json_v2.decode_list,
    Format.PROTO3: proto3.decode_list,
}
"""How to read a list of each format. Each raises MalformedSpans for the first bad span."""


class UnexpectedFormat(ValueError):
    """The body is not a list in the expected format; ``str`` of it is Zipkin's answer."""


def expect_list(body: bytes, expected: Format) -> None:
    """Raise UnexpectedFormat when ``body`` cannot be a list that an ``expected`` reader takes.

    As in Zipkin this is a first look that keeps v1 from being read as v2, which would lose what it
    says; the reader decides the rest.
    """
    message = f"Expected a {expected.name} encoded list"
    if not _is_list(body):
        raise UnexpectedFormat(f"{message}\n")
    # the end of "binaryAnnotations", a field that only v1 has
    if expected is Format.JSON_V2 and b'yAnnotations"' in body:
        raise UnexpectedFormat(f"{message}, but received: JSON_V1\n")


def _is_list(body: bytes) -> bool:
    if _JSON_LIST.match(body):
        return True
    if body[:1] == b"\x0a":  # the key of proto3's first field; an empty message follows a zero
        return body[1:2] not in (b"", b"\0")
    return body[:1] in (b"\x0c", b"\x0b")  # thrift: a list of structs, or an old reporter's


# blanks before the list are taken, which Zipkin refuses
_JSON_LIST = re.compile(rb"[ \t\r\n]*\[")

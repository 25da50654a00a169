"""Scribe's one call, ``Log``: the Thrift messages in which Linkerd and old reporters send spans."""

from __future__ import annotations

import binascii
import enum
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass

from clew.span import thrift
from clew.span import thrift_protocol as protocol
from clew.span.errors import MalformedSpans
from clew.span.model import Span
from clew.span.thrift_protocol import BadThrift, Reader

_VERSION_1 = -0x7FFF0000  # 80 01 in the upper half
_VERSION_MASK = 0xFFFF0000
_CALL, _REPLY, _EXCEPTION, _ONEWAY = 1, 2, 3, 4
LONGEST_HEADER = 256
"""Bytes within which a call's header must end: names of methods are short."""


class Result(enum.IntEnum):
    """Scribe's ``ResultCode``."""

    OK = 0
    TRY_LATER = 1


class Fault(enum.IntEnum):
    """Thrift's type of a ``TApplicationException``."""

    UNKNOWN_METHOD = 1
    INTERNAL_ERROR = 6
    PROTOCOL_ERROR = 7


@dataclass(frozen=True, slots=True)
class Header:
    """How a call begins; its answer begins the same way."""

    name: str
    sequence: int
    """The caller's number for the call."""
    strict: bool = True
    """Whether it is written in the newer way, with a version."""
    wants_answer: bool = True
    end: int = 0
    """Where in the call the arguments begin."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a ``Log`` call."""

    category: str
    message: bytes


def read_header(call: bytes) -> Header:
    """The header that ``call`` begins with. Raises BadThrift."""
    reader = Reader(call[:LONGEST_HEADER])
    first = reader.i32()
    if first < 0:
        if first & _VERSION_MASK != _VERSION_1 & _VERSION_MASK:
            raise BadThrift("Malformed")
        kind, name = first & 0xFF, reader.text()
    else:
        reader = Reader(call[:LONGEST_HEADER])
        name, kind = reader.text(), reader.byte()
    if kind not in (_CALL, _ONEWAY):
        raise BadThrift("Malformed")
    sequence = reader.i32()
    return Header(name, sequence, first < 0, kind == _CALL, reader.at)


def read_spans(call: bytes, header: Header, category: str) -> tuple[list[Span], list[bytes]]:
    """The spans of a ``Log`` call's entries, and the struct in which each entry has them.

    Entries of another ``category`` are passed over. Raises BadThrift when it is no call, and
    MalformedSpans when an entry is no span.
    """
    spans: list[Span] = []
    structs: list[bytes] = []
    for line in _lines(Reader(call, header.end)):
        if line.category != category:
            continue
        struct = _base64(line.message)
        sides, length = thrift.decode_one(struct)
        spans += sides
        structs.append(struct[:length])
    return spans, structs


def call(lines: Iterable[Line], sequence: int = 1) -> bytes:
    """A ``Log`` call, as clients write it."""
    entries = (
        protocol.plain_struct(
            [protocol.string(1, line.category.encode()), protocol.string(2, line.message)]
        )
        for line in lines
    )
    arguments = protocol.plain_struct([protocol.structs(1, entries)])
    return _header(Header("Log", sequence), _CALL) + arguments


def answer(header: Header, result: Result) -> bytes:
    """The reply to a ``Log`` call."""
    return _header(header, _REPLY) + protocol.plain_struct([protocol.i32(0, result)])


def exception(header: Header, fault: Fault, message: str) -> bytes:
    """A ``TApplicationException`` in place of a reply."""
    fields = [protocol.string(1, message.encode()), protocol.i32(2, fault)]
    return _header(header, _EXCEPTION) + protocol.plain_struct(fields)


def _header(header: Header, kind: int) -> bytes:
    name = protocol.plain_string(header.name.encode())
    if header.strict:
        return protocol.plain_i32(_VERSION_1 | kind) + name + protocol.plain_i32(header.sequence)
    return name + bytes([kind]) + protocol.plain_i32(header.sequence)


def _lines(reader: Reader) -> list[Line]:
    lines: list[Line] = []
    for field in reader.fields():
        match field:
            case (1, protocol.LIST):
                _, count = reader.list()
                lines = [_line(reader) for _ in range(count)]
            case (_, kind):
                reader.skip(kind)
    return lines


def _line(reader: Reader) -> Line:
    category, message = "", b""
    for field in reader.fields():
        match field:
            case (1, protocol.STRING):
                category = reader.text()
            case (2, protocol.STRING):
                message = reader.bytes()
            case (_, kind):
                reader.skip(kind)
    return Line(category, message)


def _base64(message: bytes) -> bytes:
    """What an entry carries; line ends and blanks in it mean nothing."""
    try:
        return b64decode(message + b"==")  # padding may be missing, and too much does no harm
    except binascii.Error as error:
        raise MalformedSpans("Malformed base64", "TBinary", "Span") from error

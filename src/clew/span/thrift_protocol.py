"""Thrift's binary protocol (TBinary), as far as spans and the calls that carry them need it.

Every length and count is held against the bytes that are there before anything is made of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

STOP, BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = (
    *(0, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15),
)
_FIXED = {BOOL: 1, BYTE: 1, DOUBLE: 8, I16: 2, I32: 4, I64: 8}
_DEEPEST = 64
"""How deep an unknown field may nest."""

_byte = struct.Struct(">b")
_i16 = struct.Struct(">h")
_i32 = struct.Struct(">i")
_i64 = struct.Struct(">q")
_field = struct.Struct(">bh")


class BadThrift(ValueError):
    """Bytes that are no TBinary; ``str`` of it is what Zipkin says."""


class Reader:
    """A place in ``data``. Each method reads what is there and moves on, or raises BadThrift."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at
        """Bytes read."""

    @property
    def left(self) -> int:
        """Bytes not read."""
        return len(self._data) - self.at

    def byte(self) -> int:
        """A signed byte."""
        return self._number(_byte)

    def i16(self) -> int:
        """A signed number of two bytes."""
        return self._number(_i16)

    def i32(self) -> int:
        """A signed number of four bytes."""
        return self._number(_i32)

    def i64(self) -> int:
        """A signed number of eight bytes."""
        return self._number(_i64)

    def bytes(self) -> bytes:
        """Bytes, with their length before them."""
        length = self.i32()
        start = self.at
        self._move(length)
        return self._data[start : self.at]

    def text(self) -> str:
        """A string; what is not UTF-8 in it becomes U+FFFD."""
        return self.bytes().decode("utf-8", "replace")

    def list(self) -> tuple[int, int]:
        """A list's or set's beginning: the type of its elements, and how many follow."""
        kind, count = self.byte(), self.i32()
        self._check(count)  # no element is shorter than a byte
        return kind, count

    def fields(self) -> Iterator[tuple[int, int]]:
        """A struct's fields as (number, type), to its end. Read or skip each one's value."""
        while kind := self.byte():
            yield self.i16(), kind

    def skip(self, kind: int) -> None:
        """A value of type ``kind`` that nobody wants."""
        self._skip(kind, _DEEPEST)

    def _skip(self, kind: int, depth: int) -> None:
        if not depth:
            raise BadThrift("Maximum skip depth exceeded")
        if kind in _FIXED:
            self._move(_FIXED[kind])
        elif kind == STRING:
            self._move(self.i32())
        elif kind == STRUCT:
            for _, inner in self.fields():
                self._skip(inner, depth - 1)
        elif kind in (LIST, SET):
            self._skip_each(*self.list(), depth)
        elif kind == MAP:
            key, value, count = self.byte(), self.byte(), self.i32()
            self._check(2 * count)
            for _ in range(count):
                self._skip(key, depth - 1)
                self._skip(value, depth - 1)
        else:
            raise BadThrift("Malformed")

    def _skip_each(self, kind: int, count: int, depth: int) -> None:
        if kind in _FIXED:
            self._move(_FIXED[kind] * count)
            return
        for _ in range(count):
            self._skip(kind, depth - 1)

    def _number(self, layout: struct.Struct) -> int:
        start = self.at
        self._move(layout.size)
        number: int = layout.unpack_from(self._data, start)[0]
        return number

    def _move(self, length: int) -> None:
        self._check(length)
        self.at += length

    def _check(self, length: int) -> None:
        if length < 0:
            raise BadThrift("Malformed")
        if length > self.left:
            raise BadThrift(f"Truncated: length {length} > bytes available {self.left}")


def i16(number: int, value: int) -> bytes:
    """A field of a struct."""
    return _field.pack(I16, number) + _i16.pack(value)


def i32(number: int, value: int) -> bytes:
    """A field of a struct."""
    return _field.pack(I32, number) + _i32.pack(value)


def i64(number: int, value: int) -> bytes:
    """A field of a struct."""
    return _field.pack(I64, number) + _i64.pack(value)


def boolean(number: int, value: bool) -> bytes:
    """A field of a struct."""
    return _field.pack(BOOL, number) + _byte.pack(value)


def string(number: int, value: bytes) -> bytes:
    """A field of a struct."""
    return _field.pack(STRING, number) + plain_string(value)


def nested(number: int, fields: Iterable[bytes]) -> bytes:
    """A field of a struct that is itself a struct."""
    return _field.pack(STRUCT, number) + plain_struct(fields)


def structs(number: int, values: Iterable[bytes]) -> bytes:
    """A field of a struct that is a list of structs."""
    return _field.pack(LIST, number) + plain_structs(values)


def plain_i32(value: int) -> bytes:
    """A number, as no field."""
    return _i32.pack(value)


def plain_string(value: bytes) -> bytes:
    """A string, as no field."""
    return _i32.pack(len(value)) + value


def plain_struct(fields: Iterable[bytes]) -> bytes:
    """A struct, as no field."""
    return b"".join((*fields, b"\0"))


def plain_structs(values: Iterable[bytes]) -> bytes:
    """A list of structs, as no field."""
    items = list(values)
    return b"".join((_byte.pack(STRUCT), _i32.pack(len(items)), *items))

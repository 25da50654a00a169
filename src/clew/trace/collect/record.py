"""One accepted body as it stands in a log segment; framing only, no files.

A record is ``length, checksum, arrival, format`` and the body. The checksum covers all that follows
it, so a record that a crash cut off, or that another program damaged, is recognised.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from clew.errors import ClewError
from clew.span.detect import Format
from clew.span.model import Micros

_LENGTH_AND_CHECKSUM = struct.Struct("<II")
_ARRIVAL_AND_FORMAT = struct.Struct("<QB")
_HEADER_SIZE = _LENGTH_AND_CHECKSUM.size + _ARRIVAL_AND_FORMAT.size


class UnknownFormat(ClewError):
    """A record is whole, but its body is in a format that this version does not have."""


@dataclass(frozen=True, slots=True)
class Record:
    """A body that was accepted, with what is needed to read it again."""

    format: Format
    arrival: Micros
    """When it was accepted: a span without a timestamp is filed under it."""
    body: bytes
    """Not compressed."""


def frame(record: Record) -> tuple[bytes, bytes]:
    """``record`` as the two pieces to write: its header, and its body without copying it."""
    meaning = _ARRIVAL_AND_FORMAT.pack(record.arrival, record.format)
    checksum = zlib.crc32(record.body, zlib.crc32(meaning))
    return _LENGTH_AND_CHECKSUM.pack(len(record.body), checksum) + meaning, record.body


def read(segment: bytes) -> Iterator[Record]:
    """The records of a segment in order, up to the first that is cut off or damaged.

    Nothing after such a record was acknowledged: a record is acknowledged only when all before it
    are written. Raises UnknownFormat.
    """
    at = 0
    while at + _HEADER_SIZE <= len(segment):
        length, checksum = _LENGTH_AND_CHECKSUM.unpack_from(segment, at)
        start = at + _HEADER_SIZE
        meaning = segment[at + _LENGTH_AND_CHECKSUM.size : start]
        body = segment[start : start + length]
        if len(body) < length or zlib.crc32(body, zlib.crc32(meaning)) != checksum:
            return
        arrival, number = _ARRIVAL_AND_FORMAT.unpack(meaning)
        yield Record(_format(number), Micros(arrival), body)
        at = start + length


def _format(number: int) -> Format:
    try:
        return Format(number)
    except ValueError:
        raise UnknownFormat(
            f"the log has a body of format {number}, which this clew does not read",
            "it was written by a newer clew: start that one",
        ) from None

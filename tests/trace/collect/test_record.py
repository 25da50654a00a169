from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.span.detect import Format
from clew.span.model import Micros
from clew.trace.collect.record import Record, UnknownFormat, frame, read

records = st.builds(
    Record,
    format=st.sampled_from(Format),
    arrival=st.integers(0, 2**63).map(Micros),
    body=st.binary(max_size=50),
)


def segment(items: list[Record]) -> bytes:
    return b"".join(piece for item in items for piece in frame(item))


@given(st.lists(records))
def test_a_segment_reads_back_as_it_was_written(items: list[Record]) -> None:
    assert list(read(segment(items))) == items


@given(st.lists(records), st.data())
def test_a_segment_cut_off_anywhere_reads_back_to_its_last_whole_record(
    items: list[Record], data: st.DataObject
) -> None:
    written = segment(items)
    cut = data.draw(st.integers(0, len(written)))
    whole = [n for n in range(len(items) + 1) if len(segment(items[:n])) <= cut]
    assert list(read(written[:cut])) == items[: whole[-1]]


@given(st.lists(records, min_size=1), st.data())
def test_nothing_from_a_damaged_record_on_is_read(items: list[Record], data: st.DataObject) -> None:
    damaged = data.draw(st.integers(0, len(items) - 1))
    start, end = len(segment(items[:damaged])), len(segment(items[: damaged + 1]))
    written = bytearray(segment(items))
    written[data.draw(st.integers(start, end - 1))] ^= data.draw(st.integers(1, 255))
    assert list(read(bytes(written))) == items[:damaged]


def test_a_format_of_a_later_version_is_said_and_not_skipped() -> None:
    (meaning, body) = frame(Record(Format.JSON_V2, Micros(1), b"[]"))
    later = meaning[8:-1] + b"\xff"
    whole = meaning[:4] + zlib.crc32(body, zlib.crc32(later)).to_bytes(4, "little") + later + body
    with pytest.raises(UnknownFormat, match="format 255"):
        list(read(whole))

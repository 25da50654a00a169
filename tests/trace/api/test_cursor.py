"""Cursors read back as written, and nothing else reads."""

from __future__ import annotations

import base64
import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.trace.api.cursor import read_cursor, write_cursor
from clew.trace.query import InvalidQuery, Place, Sort, TraceQuery

WORDS = st.integers(0, 2**64 - 1)


@given(st.builds(Place, WORDS, WORDS, WORDS, WORDS), st.sampled_from(Sort))
def test_reads_back_as_written(place: Place, sort: Sort) -> None:
    query = TraceQuery(end_ts_ms=1_700_000_000_000, lookback_ms=5, limit=3, sort=sort)
    cursor = read_cursor(write_cursor(query, place))
    assert (cursor.sort, cursor.end_ts_ms, cursor.lookback_ms, cursor.place) == (
        (sort, 1_700_000_000_000, 5, place)
    )


def written(*fields: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(fields)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a b",
        "é",
        "AAAA",
        written("newest", 1, 1, [0, -1, 0, 0]),
        written("oldest", 1, 1, [0, 0, 0, 0]),
        written("newest", 1, 1, [0, 0, 0]),
        written("newest", "1", 1, [0, 0, 0, 0]),
    ],
)
def test_other_texts(text: str) -> None:
    with pytest.raises(InvalidQuery, match="cursor: not one that this server gave"):
        read_cursor(text)


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidQuery):
        read_cursor(text)

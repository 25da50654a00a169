"""Spans as columns, and under which minute they are filed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import CLIENT_SPAN, DAY, NOON, span
from tests.strategies import spans

from clew.span.model import Micros, Span
from clew.trace.collect.columns import buckets, table
from clew.trace.store import SPAN_SCHEMA, rows

MINUTE = 60_000_000
WEEK = 7 * DAY * 1000


def test_a_row() -> None:
    (row,) = table([CLIENT_SPAN], NOON).to_pylist()
    assert row == {
        "trace_hi": 0x7180C278B62E8F6A,
        "trace_lo": 0x216A2AEA45D08FC9,
        "id": 0x5B4185666D50F68B,
        "parent_id": 0x6B221D5BC9E6496C,
        "kind": 1,
        "name": "get",
        "ts": CLIENT_SPAN.timestamp,
        "duration": 207_000,
        "service": "frontend",
        "ipv4": "127.0.0.1",
        "ipv6": "",
        "port": 0,
        "remote_service": "backend",
        "remote_ipv4": "192.168.99.101",
        "remote_ipv6": "",
        "remote_port": 9000,
        "ann_ts": [CLIENT_SPAN.annotations[0].timestamp],
        "ann_value": ["foo"],
        "tags": [("clnt/finagle.version", "6.45.0"), ("http.path", "/api")],
        "debug": False,
        "shared": False,
        "bucket": (CLIENT_SPAN.timestamp or 0) // MINUTE,
    }


def test_no_spans_are_no_rows() -> None:
    empty = table([], NOON)
    assert (empty.num_rows, empty.schema) == (0, SPAN_SCHEMA)
    assert rows.spans(empty) == []


@pytest.mark.parametrize(
    ("ts", "filed"),
    [
        pytest.param(NOON - 5 * MINUTE, NOON - 5 * MINUTE, id="on time"),
        pytest.param(0, NOON, id="without a start: when it came"),
        pytest.param(NOON - WEEK, NOON - WEEK, id="a week late"),
        pytest.param(NOON - WEEK - 1, NOON - WEEK, id="later than that"),
        pytest.param(1, NOON - WEEK, id="in 1970"),
        pytest.param(NOON + 60 * MINUTE, NOON + 60 * MINUTE, id="an hour ahead"),
        pytest.param(NOON + 61 * MINUTE, NOON + 60 * MINUTE, id="further ahead"),
        pytest.param(2**63 - 1, NOON + 60 * MINUTE, id="at the end of time"),
    ],
)
def test_the_minute_a_span_is_filed_under(ts: int, filed: int) -> None:
    assert buckets(np.array([ts], np.int64), NOON).tolist() == [filed // MINUTE]


@given(st.lists(spans(), max_size=8))
def test_columns_read_back_as_the_spans_they_were(given_spans: list[Span]) -> None:
    columns = table(given_spans, NOON)
    columns.validate(full=True)
    assert rows.spans(columns) == given_spans
    # also out of several chunks, and out of the middle of one
    assert rows.spans(columns.slice(1)) == given_spans[1:]


def test_half_of_a_character_does_not_spoil_the_batch() -> None:
    columns = table([span(name="\ud800", tags={"a": "\udfff", "b": "é"})], NOON)
    assert rows.spans(columns) == [span(name="?", tags={"a": "?", "b": "é"})]


def test_pandas_stays_out() -> None:
    script = (
        "import sys; from clew.span.model import Span;"
        "from clew.trace.collect.columns import table; from clew.trace.store import rows;"
        "rows.spans(table([Span(trace_id='1' * 16, id='1' * 16, tags={'a': 'b'})], 1));"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_arrival_before_the_epoch_is_the_epoch() -> None:
    assert buckets(np.array([0], np.int64), Micros(-1)).tolist() == [0]

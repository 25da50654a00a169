"""Which days are kept, and that the others are gone from every table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.cast import CLIENT_SPAN, DAY, NOON, TODAY, by_id, changed
from tests.contract.base import NewStore, accept, found

from clew.span.model import Micros
from clew.trace.collect import columns
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.retention import Retention, expired

TODAYS = date(2026, 11, 24)


def day(ago: int) -> date:
    return TODAYS - timedelta(days=ago)


WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("stored", "keep", "dropped"),
    [
        pytest.param({}, Retention(), [], id="nothing is stored"),
        pytest.param({0: 9, 7: 9}, Retention(), [], id="the seventh day is not over"),
        pytest.param(
            {0: 9, 8: 9, 7: 9, 30: 9}, Retention(), [30, 8], id="older days, oldest first"
        ),
        pytest.param({30: 9}, Retention(max_age=None), [], id="kept for ever"),
        pytest.param({0: 1, 1: 5, 2: 5}, Retention(max_bytes=6), [2], id="as much as fits"),
        pytest.param({0: 1, 1: 5, 2: 5}, Retention(max_bytes=11), [], id="just fits"),
        pytest.param({0: 9, 1: 1}, Retention(max_bytes=0), [1], id="today stays"),
        pytest.param({-1: 9, 0: 9}, Retention(max_bytes=1), [], id="and so does tomorrow"),
        pytest.param({8: 1, 1: 9}, Retention(max_bytes=9), [8], id="age and size"),
    ],
)
def test_expired(stored: dict[int, int], keep: Retention, dropped: list[int]) -> None:
    sizes = {day(ago): size for ago, size in stored.items()}
    assert expired(sizes, TODAYS, keep) == [day(ago) for ago in dropped]


def test_a_dropped_day_leaves_nothing_behind(new_store: NewStore) -> None:
    store = new_store(autocomplete_keys=["day"])
    assert isinstance(store, ClickHouseStore)
    kept = changed(CLIENT_SPAN, name="new", tags={"day": "new"})
    old = changed(
        CLIENT_SPAN,
        trace_id="1" * 16,
        name="old",
        timestamp=Micros((CLIENT_SPAN.timestamp or 0) - 9 * DAY * 1000),
        tags={"day": "old"},
    )
    accept(store, kept)
    store.insert(columns.table([old], Micros(NOON - 9 * DAY * 1000)), "old")
    assert list(store.sizes()) == [day(9), TODAYS]
    assert all(size > 0 for size in store.sizes().values())

    assert store.retain(Retention(max_age=WEEK), TODAYS) == [day(9)]

    assert list(store.sizes()) == [TODAYS]
    assert by_id(store.trace(kept.trace_id)) == [kept]
    assert store.trace(old.trace_id) == []
    assert store.span_names("frontend") == ["new"]
    assert store.autocomplete_values("day") == ["new"]
    assert found(store, end_ts_ms=TODAY - 8 * DAY, lookback_ms=DAY) == []
    assert store.retain(Retention(max_age=WEEK), TODAYS) == []

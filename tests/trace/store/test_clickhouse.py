"""The ClickHouse store, on the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cast import CLIENT_SPAN, DAY, NOON, changed, trace
from tests.contract.base import store
from tests.contract.store import StoreContract

from clew.span.model import Micros
from clew.trace.collect import columns
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine

__all__ = ["store"]


class TestClickHouse(StoreContract):
    pass


@pytest.fixture
def database(engine: EmbeddedEngine) -> Iterator[str]:
    yield "test_of_clickhouse"
    engine.define("DROP DATABASE test_of_clickhouse")


def rows_by_table(engine: EmbeddedEngine, database: str) -> dict[str, int]:
    parts = engine.session({}, "system").read(
        "SELECT table, sum(rows) AS n FROM parts WHERE active AND database = {name:String}"
        " GROUP BY table",
        {"name": database},
    )
    return dict(zip(parts["table"].to_pylist(), parts["n"].to_pylist(), strict=True))


def test_the_same_token_adds_nothing_to_any_table(engine: EmbeddedEngine, database: str) -> None:
    store = ClickHouseStore(engine, database=database, autocomplete_keys=["http.path"])
    yesterday = Micros((CLIENT_SPAN.timestamp or 0) - DAY * 1000)
    long_ago = Micros((CLIENT_SPAN.timestamp or 0) - 99 * DAY * 1000)
    table = columns.table(
        [*trace(), *(changed(CLIENT_SPAN, timestamp=ts) for ts in (yesterday, long_ago))], NOON
    )
    store.insert(table, "token")
    once = rows_by_table(engine, database)
    assert once.keys() == {
        "spans",
        "trace_time",
        "displaced",
        "names",
        "red_minute",
        "tag_values",
    }
    assert once["spans"] == 6

    store.insert(table, "token")
    assert rows_by_table(engine, database) == once
    store.insert(table, "another token")
    assert rows_by_table(engine, database)["spans"] == 12
    store.release()


def test_slots_are_given_once_for_good(engine: EmbeddedEngine, database: str) -> None:
    first = ClickHouseStore(engine, database=database)
    given = [(its.service, its.slot) for its in first.service_slots(["b", "a", "b", "it's"])]
    assert given == [("b", 0), ("a", 1), ("b", 0), ("it's", 2)]
    first.release()

    second = ClickHouseStore(engine, database=database)
    given = [(its.service, its.slot) for its in second.service_slots(["c", "it's", "a"])]
    assert given == [("c", 3), ("it's", 2), ("a", 1)]
    assert second.service_slots([]) == []
    second.release()


def test_one_slot_that_two_gave_at_the_same_moment_is_nobodys_second(
    engine: EmbeddedEngine, database: str
) -> None:
    store = ClickHouseStore(engine, database=database)
    engine.define(
        "INSERT INTO service_slots VALUES ('b', 0), ('c', 1), ('c', 0)",
        "INSERT INTO service_slots VALUES ('a', 0)",
        database=database,
    )
    given = {its.service: its.slot for its in store.service_slots(["new", "c", "b", "a"])}
    assert given == {"a": 0, "b": 1, "c": 2, "new": 3}
    store.release()


def test_the_tags_that_are_offered_may_be_others_after_a_restart(
    engine: EmbeddedEngine, database: str
) -> None:
    for key in ("http.path", "error"):
        store = ClickHouseStore(engine, database=database, autocomplete_keys=[key])
        spans = [changed(span, tags={"http.path": key, "error": key}) for span in trace()]
        store.insert(columns.table(spans, NOON), key)
        assert store.autocomplete_values(key) == [key]
        store.release()

"""The store on two shards, each a real ClickHouse server."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cast import DAY, NOON, TODAY, by_id, trace
from tests.contract import reference
from tests.contract.autocomplete import AutocompleteTags
from tests.contract.base import NewStore, accept, store
from tests.contract.traces import Traces
from tests.trace.conftest import stores
from tests.trace.store.test_dependencies import HOUR, WINDOWS, expected, traces_of_hours
from tests.trace.store.test_search import Corpus, corpus

from clew.span.model import Span
from clew.trace.collect import columns
from clew.trace.dsn import parse
from clew.trace.query import Sort, TraceQuery
from clew.trace.search_language.parser import parse as expression
from clew.trace.store import StoreUnavailable
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.opening import open_server
from clew.trace.store.retention import Retention
from clew.trace.store.server import ServerEngine
from e2e.clickhouse_server import CLUSTER, PASSWORD, USER, ClickHouse, servers

__all__ = ["store"]

SOME = 40
"""Traces enough for each shard to get some."""


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ClickHouse]]:
    with servers(tmp_path_factory.mktemp("clickhouse"), 2) as shards:
        yield shards


@pytest.fixture(scope="module")
def engine(shards: list[ClickHouse]) -> Iterator[ServerEngine]:
    places = ",".join(shard.place for shard in shards)
    engine = ServerEngine(parse(f"clickhouse://{places}?cluster={CLUSTER}", {}))
    yield engine
    engine.close()


@pytest.fixture
def new_store(engine: ServerEngine) -> Iterator[NewStore]:
    with stores(engine) as new:
        yield new


class TestCluster(Traces, AutocompleteTags):
    """What is asked by id and by key; searches and links are below, against the obvious ones."""


@pytest.fixture(scope="module", params=[True, False], ids=["strict", "lenient"])
def searched(request: pytest.FixtureRequest, engine: ServerEngine) -> Iterator[Corpus]:
    strict: bool = request.param
    with stores(engine) as new:
        yield corpus(new(strict_trace_id=strict), strict=strict, seed=int(strict))


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.SLOWEST])
@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"service": "a", "span_name": "get"},
        {"service": "b", "remote_service": "c"},
        {"service": "a", "terms": {"k": "1", "error": ""}},
        {"service": "c", "min_duration": 20},
        {"expression": expression("k = 1 and not error = true")},
    ],
    ids=["all", "names", "remote", "terms", "duration", "words"],
)
def test_a_search_finds_what_the_obvious_one_finds(
    searched: Corpus, conditions: dict[str, Any], sort: Sort
) -> None:
    query = TraceQuery(
        end_ts_ms=TODAY + DAY, lookback_ms=2 * DAY, limit=15, sort=sort, **conditions
    )
    found = searched.store.search(query).traces
    expected = reference.search(searched.spans, query, strict=searched.strict)
    assert [by_id(spans) for spans in found] == [by_id(spans) for spans in expected]


def test_links_are_those_of_every_trace_before_and_after_hours_are_settled(
    kept: tuple[ClickHouseStore, str],
) -> None:
    store, _ = kept
    spans = traces_of_hours(random.Random(0), 0, 6)
    accept(store, *spans)
    for now, settled in {0: 0, TODAY + 6 * HOUR: 5}.items():
        assert store.links.settle(now * 1000, lambda: False) == settled
        for end, lookback in WINDOWS:
            assert store.dependencies(TODAY + end, lookback) == expected(
                spans, TODAY + end, lookback
            )


def traces() -> list[list[Span]]:
    return [trace(f"{number + 1:x}") for number in range(SOME)]


def rows(shards: list[ClickHouse], table: str) -> list[int]:
    """How many rows of a table each shard has."""
    return [int(shard.ask(f"SELECT count() FROM {table}_local")) for shard in shards]


@pytest.fixture
def kept(engine: ServerEngine) -> Iterator[tuple[ClickHouseStore, str]]:
    """A store and the name of its database."""
    database = f"of_{uuid.uuid4().hex}"
    store = ClickHouseStore(engine, database=database)
    yield store, database
    store.release()
    engine.define(f"DROP DATABASE {database}")


def test_a_trace_is_on_one_shard_and_a_batch_is_stored_once(
    shards: list[ClickHouse], kept: tuple[ClickHouseStore, str]
) -> None:
    store, database = kept
    batch = columns.table([span for spans in traces() for span in spans], NOON)
    store.insert(batch, "token")
    store.insert(batch, "token")
    spans, ends = rows(shards, f"{database}.spans"), rows(shards, f"{database}.trace_time")
    assert sum(spans) == batch.num_rows
    assert sum(ends) == SOME
    assert min(spans) > 0


def test_old_days_go_from_every_shard(
    shards: list[ClickHouse], kept: tuple[ClickHouseStore, str]
) -> None:
    store, database = kept
    store.insert(columns.table([span for spans in traces() for span in spans], NOON), "token")
    [(day, size)] = store.sizes().items()
    assert size > 0
    later = day + datetime.timedelta(days=9)
    assert store.retain(Retention(), later) == [day]
    assert store.sizes() == {}
    assert rows(shards, f"{database}.spans") == [0, 0]


def test_while_a_shard_is_away_nothing_is_half_answered_and_nothing_is_lost(
    shards: list[ClickHouse], kept: tuple[ClickHouseStore, str]
) -> None:
    store, database = kept
    batch = columns.table([span for spans in traces() for span in spans], NOON)
    store.insert(columns.table(trace("abc"), NOON), "first")

    shards[1].kill()
    with pytest.raises(StoreUnavailable):
        store.insert(batch, "second")
    with pytest.raises(StoreUnavailable):
        store.services()
    shards[1].start()

    store.insert(batch, "second")
    assert sum(rows(shards, f"{database}.spans")) == batch.num_rows + len(trace())
    assert len(store.traces([spans[0].trace_id for spans in traces()])) == SOME


def test_another_host_is_asked_when_one_does_not_answer(shards: list[ClickHouse]) -> None:
    nobody = "127.0.0.1:1"
    engine = ServerEngine(
        parse(f"clickhouse://{nobody},{shards[0].place},{shards[1].place}?cluster={CLUSTER}", {})
    )
    session = engine.session({}, "system")
    assert session.read("SELECT 1 AS one")["one"].to_pylist() == [1]
    engine.close()


def test_a_user_with_no_more_rights_than_it_takes(shards: list[ClickHouse]) -> None:
    places = ",".join(shard.place for shard in shards)
    who = {"CLICKHOUSE_USER": USER, "CLICKHOUSE_PASSWORD": PASSWORD}
    opened = open_server(parse(f"clickhouse://{places}/granted?cluster={CLUSTER}", who))
    opened.insert(columns.table(trace(), NOON), "token")
    assert opened.services() == ["backend", "frontend"]
    [day] = opened.sizes()
    assert opened.retain(Retention(), day + datetime.timedelta(days=9)) == [day]
    opened.close()
    for shard in shards:
        shard.ask("DROP DATABASE granted")

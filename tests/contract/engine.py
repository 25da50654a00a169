"""What every engine must do: the same answers, to the one who asked, and the same errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.cast import CLIENT_SPAN, NOON, changed
from tests.contract.base import NewStore

from clew.trace.collect import columns
from clew.trace.store import SPAN_SCHEMA, QueryTimeout, StoreRefused, StoreUnavailable, rows
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.engine import Engine, Pool

ODD = [
    "",
    "it's",
    "\\",
    "\\n",
    "\t\n\r\0",
    "{x:String}",
    "$x",
    "é \U0001f4a9",
    "a\\'b",
    "' OR 1=1 --",
]


@contextlib.contextmanager
def pooled(engine: Engine) -> Iterator[Pool]:
    """Some sessions of ``engine``."""
    pool = Pool(engine, 3, {}, "system")
    yield pool
    pool.close()


class EngineContract:
    """Inherit it and give fixtures ``engine``, ``pool`` (see :func:`pooled`) and ``new_store``."""

    @pytest.mark.parametrize("text", ODD)
    def test_parameters_arrive_as_they_are(self, pool: Pool, text: str) -> None:
        with pool.session() as session:
            read = session.read("SELECT {text:String} AS text", {"text": text})
        assert rows.texts(read, "text") == [text]

    def test_threads_get_answers_to_their_own_questions(self, pool: Pool) -> None:
        def ask(number: int) -> bool:
            with pool.session() as session:
                read = session.read(
                    "SELECT {number:UInt64} AS number, {text:String} AS text",
                    {"number": number, "text": f"t{number}"},
                )
            return rows.numbers(read, "number") == [number] and rows.texts(read, "text") == [
                f"t{number}"
            ]

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(ask, range(400)))

    @pytest.mark.parametrize(
        ("settings", "query", "text"),
        [
            pytest.param(
                {"max_memory_usage": 10_000_000},
                "SELECT groupArray(number) FROM numbers(10000000)",
                "the query needs more memory than it may",
                id="memory",
            ),
            pytest.param(
                {"max_execution_time": 1},
                "SELECT sum(sleepEachRow(0.1)) FROM numbers(30) SETTINGS max_block_size = 1",
                "the query took longer than it may",
                id="time",
            ),
        ],
    )
    def test_a_query_that_asks_too_much(
        self, engine: Engine, settings: dict[str, int], query: str, text: str
    ) -> None:
        pool = Pool(engine, 1, settings, "default")
        with pytest.raises(QueryTimeout, match=text), pool.session() as session:
            session.read(query)
        # and the next answer is not the rest of that one
        with pool.session() as session:
            assert rows.numbers(session.read("SELECT toUInt8(1) AS one"), "one") == [1]
        pool.close()

    def test_rows_that_can_never_be_stored_are_refused(self, new_store: NewStore) -> None:
        store = new_store()
        good = columns.table([CLIENT_SPAN], NOON)
        kind = SPAN_SCHEMA.get_field_index("kind")
        bad = good.set_column(kind, "kind", columns.table([changed(CLIENT_SPAN)], NOON)["name"])
        with pytest.raises(StoreRefused):
            store.insert(bad, "bad")
        store.insert(good, "good")
        assert store.trace(CLIENT_SPAN.trace_id) == [CLIENT_SPAN]

    def test_a_store_in_trouble_says_try_again(self, engine: Engine) -> None:
        engine.define("CREATE DATABASE IF NOT EXISTS trouble")
        store = ClickHouseStore(engine, database="trouble")
        engine.define("DROP DATABASE trouble")
        with pytest.raises(StoreUnavailable):
            store.insert(columns.table([CLIENT_SPAN], NOON), "token")
        with pytest.raises(StoreUnavailable):
            store.services()
        store.release()

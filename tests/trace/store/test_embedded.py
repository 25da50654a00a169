"""The embedded engine: who may open it, what its errors become, and what a crash leaves."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.cast import CLIENT_SPAN, NOON, changed
from tests.contract.base import NewStore

from clew.errors import ClewError
from clew.trace.collect import columns
from clew.trace.store import SPAN_SCHEMA, QueryTimeout, StoreRefused, StoreUnavailable, rows
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine, EngineMissing
from clew.trace.store.engine import Pool
from clew.trace.store.lock import StoreLocked

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


@pytest.fixture(scope="module")
def pool(engine: EmbeddedEngine) -> Pool:
    return Pool(engine, 3, {}, "default")


def test_one_process_has_a_directory(engine: EmbeddedEngine, tmp_path: Path) -> None:
    directory = engine.directory
    with pytest.raises(StoreLocked) as refused:
        EmbeddedEngine(directory)
    assert str(refused.value) == (
        f"{directory}: another process has this store open (stop the other `clew traces`, or give"
        " this one another directory)"
    )


def test_one_directory_has_a_process(engine: EmbeddedEngine, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="the store does not open"):
        EmbeddedEngine(tmp_path / "another")


@pytest.mark.parametrize("module", [None, types.ModuleType("chdb")], ids=["none", "empty"])
def test_a_platform_without_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: types.ModuleType | None
) -> None:
    monkeypatch.setitem(sys.modules, "chdb", module)
    with pytest.raises(EngineMissing, match="no engine for this platform"):
        EmbeddedEngine(tmp_path)


def test_a_directory_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="file: File exists"):
        EmbeddedEngine(tmp_path / "file")


def test_a_directory_that_the_engine_would_misread(tmp_path: Path) -> None:
    with pytest.raises(ClewError, match=r"takes no directory with '\?' in its name"):
        EmbeddedEngine(tmp_path / "a?b")


@pytest.mark.parametrize("text", ODD)
def test_parameters_arrive_as_they_are(pool: Pool, text: str) -> None:
    with pool.session() as session:
        read = session.read("SELECT {text:String} AS text", {"text": text})
    assert rows.texts(read, "text") == [text]


def test_threads_get_answers_to_their_own_questions(pool: Pool) -> None:
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
    engine: EmbeddedEngine, settings: dict[str, int], query: str, text: str
) -> None:
    pool = Pool(engine, 1, settings, "default")
    with pytest.raises(QueryTimeout, match=text), pool.session() as session:
        session.read(query)
    # and the next answer is not the rest of that one
    with pool.session() as session:
        assert rows.numbers(session.read("SELECT toUInt8(1) AS one"), "one") == [1]
    pool.close()


def test_rows_that_can_never_be_stored_are_refused(new_store: NewStore) -> None:
    store = new_store()
    good = columns.table([CLIENT_SPAN], NOON)
    kind = SPAN_SCHEMA.get_field_index("kind")
    bad = good.set_column(kind, "kind", columns.table([changed(CLIENT_SPAN)], NOON)["name"])
    with pytest.raises(StoreRefused):
        store.insert(bad, "bad")
    store.insert(good, "good")
    assert store.trace(CLIENT_SPAN.trace_id) == [CLIENT_SPAN]


def test_a_store_in_trouble_says_try_again(engine: EmbeddedEngine) -> None:
    engine.define("CREATE DATABASE IF NOT EXISTS trouble")
    store = ClickHouseStore(engine, database="trouble")
    engine.define("DROP DATABASE trouble")
    with pytest.raises(StoreUnavailable):
        store.insert(columns.table([CLIENT_SPAN], NOON), "token")
    with pytest.raises(StoreUnavailable):
        store.services()
    store.release()


def test_what_was_inserted_survives_a_kill_and_is_not_inserted_twice(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import os, pathlib, signal
        from tests.cast import NOON, trace
        from clew.trace.collect import columns
        from clew.trace.store.opening import open_embedded
        store = open_embedded(pathlib.Path({str(tmp_path)!r}))
        assert len(store.trace("1".rjust(16, "0"))) == before
        store.insert(columns.table(trace(), NOON), "token")
        with store._readers.session() as session:
            spans = session.read("SELECT count() AS n FROM spans")
            minutes = session.read("SELECT sum(n) AS n FROM red_minute")
        assert spans["n"].to_pylist() == minutes["n"].to_pylist() == [4]
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    for before in (0, 4):
        run = subprocess.run(
            [sys.executable, "-c", f"before = {before}\n{script}"],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (-9, "")

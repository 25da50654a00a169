"""One embedded engine for all tests of this process, as many databases as they need."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.contract.base import NewStore

from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine
from clew.trace.store.engine import Engine

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    directory: Path = tmp_path_factory.mktemp("engine")
    engine = EmbeddedEngine(directory)
    yield engine
    engine.close()


@contextlib.contextmanager
def stores(engine: Engine) -> Iterator[NewStore]:
    """Makes empty stores, each in a database of its own, and drops them at the end."""
    made: list[tuple[str, ClickHouseStore]] = []

    def new(
        *, strict_trace_id: bool = True, autocomplete_keys: Iterable[str] = ()
    ) -> ClickHouseStore:
        database = f"test_{next(_NUMBERS)}"
        store = ClickHouseStore(
            engine,
            database=database,
            strict_trace_id=strict_trace_id,
            autocomplete_keys=tuple(autocomplete_keys),
        )
        made.append((database, store))
        return store

    yield new
    for database, store in made:
        store.release()
        engine.define(f"DROP DATABASE {database} {engine.layout.on}")


@pytest.fixture
def new_store(engine: EmbeddedEngine) -> Iterator[NewStore]:
    """For stores that one test writes to."""
    with stores(engine) as new:
        yield new


@pytest.fixture(scope="module")
def new_shared_store(engine: EmbeddedEngine) -> Iterator[NewStore]:
    """For stores that the tests of a file only read."""
    with stores(engine) as new:
        yield new

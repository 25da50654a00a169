"""The store on a real ClickHouse server: all that it promises, and what is different there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.base import NewStore, store
from tests.contract.store import StoreContract
from tests.trace.conftest import stores

from clew.trace.dsn import parse
from clew.trace.store.server import ServerEngine
from e2e.clickhouse_server import ClickHouse, servers

__all__ = ["store"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with servers(tmp_path_factory.mktemp("clickhouse"), 1) as [server]:
        yield server


@pytest.fixture(scope="module")
def engine(server: ClickHouse) -> Iterator[ServerEngine]:
    engine = ServerEngine(parse(f"clickhouse://{server.place}", {}))
    yield engine
    engine.close()


@pytest.fixture
def new_store(engine: ServerEngine) -> Iterator[NewStore]:
    with stores(engine) as new:
        yield new


class TestServer(StoreContract):
    pass

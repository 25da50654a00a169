"""The store on two shards, each a real ClickHouse server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.base import NewStore, store
from tests.contract.store import StoreContract
from tests.trace.conftest import stores

from clew.trace.dsn import parse
from clew.trace.store.server import ServerEngine
from e2e.clickhouse_server import CLUSTER, ClickHouse, servers

__all__ = ["store"]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ClickHouse]]:
    with servers(tmp_path_factory.mktemp("clickhouse"), 2) as both:
        yield both


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


class TestCluster(StoreContract):
    pass

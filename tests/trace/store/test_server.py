"""What a ClickHouse server must be, as far as that can be told without one: see e2e."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pytest

from clew.trace.dsn import Server
from clew.trace.store import StoreMisconfigured
from clew.trace.store.layout import Layout
from clew.trace.store.server import check_version, cluster_layout

ONE_HOST = Server(hosts=(("ch-1", 8123),), cluster="main")
TWO_HOSTS = Server(hosts=(("ch-1", 8123), ("ch-2", 8123)), cluster="main")


@pytest.mark.parametrize("version", ["25.8.1.1", "25.12.3.21", "26.7.2.1", "26.3.1.1.altinity"])
def test_versions_that_will_do(version: str) -> None:
    check_version(version, "ch")


@pytest.mark.parametrize("version", ["24.12.9.1", "25.7.99.1", "18.16.1"])
def test_versions_that_will_not(version: str) -> None:
    with pytest.raises(StoreMisconfigured) as refused:
        check_version(version, "ch")
    assert str(refused.value) == (f"ch: ClickHouse {version} is too old (clew needs 25.8 or later)")


class Told:
    """A session with a server that tells this of its cluster."""

    def __init__(self, replicas: list[int], keeper: bool, internal: bool) -> None:
        self._replicas, self._keeper, self._internal = replicas, keeper, internal

    def read(self, sql: str, parameters: Mapping[str, str | int] | None = None) -> pa.Table:
        if "DISTINCT cluster" in sql:
            return pa.table({"cluster": ["default", "other"]})
        if "zookeeper" in sql:
            return pa.table({"keepers": pa.array([int(self._keeper)], pa.uint64())})
        internal = [int(self._internal)] * len(self._replicas)
        return pa.table(
            {
                "replicas": pa.array(self._replicas, pa.uint32()),
                "internal": pa.array(internal, pa.uint8()),
            }
        )

    def run(self, sql: str) -> None:
        raise NotImplementedError

    def insert(self, statement: str, table: pa.Table) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("server", "told", "replicated", "on_cluster"),
    [
        pytest.param(ONE_HOST, Told([1], False, False), False, False, id="one server"),
        pytest.param(TWO_HOSTS, Told([1, 1], False, False), False, False, id="each is named"),
        pytest.param(ONE_HOST, Told([1, 1, 1], True, False), False, True, id="a Keeper tells all"),
        pytest.param(ONE_HOST, Told([2, 2], True, True), True, True, id="copies"),
    ],
)
def test_clusters(server: Server, told: Told, replicated: bool, on_cluster: bool) -> None:
    assert cluster_layout(told, server) == Layout(
        cluster="main", replicated=replicated, on_cluster=on_cluster, tokens=10_000
    )


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(
            Told([], False, False),
            "the server knows no cluster 'main' (it knows default, other)",
            id="unknown",
        ),
        pytest.param(
            Told([1, 1], False, False),
            "cluster 'main' has no Keeper that hands definitions on (name every server of it in"
            " --store)",
            id="not all are named",
        ),
        pytest.param(
            Told([2], False, True),
            "cluster 'main' has no Keeper that hands definitions on (replicas need one)",
            id="replicas without a Keeper",
        ),
        pytest.param(
            Told([2], True, False),
            "cluster 'main' would write every span to every replica twice (set"
            " internal_replication to true in its remote_servers)",
            id="each row twice",
        ),
    ],
)
def test_clusters_that_will_not_do(told: Told, said: str) -> None:
    with pytest.raises(StoreMisconfigured) as refused:
        cluster_layout(told, ONE_HOST)
    assert str(refused.value) == f"{ONE_HOST}: {said}"

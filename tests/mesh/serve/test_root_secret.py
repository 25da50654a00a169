from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer
from tests.mesh.namers.k8s.in_thread import SmallCluster, small_cluster
from tests.mesh.serve.root_secret_contract import RootSecretContract

from clew.mesh.config.authority import SECRET
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.serve.root_secret import RootSecret
from clew.mesh.serve.root_store import StoreAway


class TestOnTheSmall(RootSecretContract):
    @pytest.fixture
    def namespace(self) -> Iterator[str]:
        with small_cluster(ApiServer()) as cluster:
            self.cluster = cluster
            self.url = cluster.server.url
            yield "mesh"

    def store(self, namespace: str) -> RootSecret:
        return RootSecret(lambda: Api(lambda: Access(self.url)), namespace)


@pytest.fixture
def cluster() -> Iterator[SmallCluster]:
    with small_cluster(ApiServer()) as cluster:
        yield cluster


def refusal(cluster: SmallCluster, *, create: bool) -> str:
    async def scene() -> None:
        store = RootSecret(lambda: Api(lambda: Access(cluster.server.url)), "mesh")
        try:
            if create:
                await store.write(b"roots", None)
            else:
                await store.read()
        finally:
            await store.stop()

    with pytest.raises(StoreAway) as told:
        asyncio.run(scene())
    return str(told.value)


def test_a_missing_right_is_told_with_the_one_to_give(cluster: SmallCluster) -> None:
    cluster.server.faults.forbid.add("secrets")
    told = refusal(cluster, create=False)
    assert told.startswith("the Secret clew-authority in namespace mesh cannot be read: ")
    assert "the right to get, list, watch and update the Secret clew-authority" in told


def test_who_may_not_create_is_told_what_to_make(cluster: SmallCluster) -> None:
    cluster.server.faults.forbid.add("secrets")
    told = refusal(cluster, create=True)
    assert "(make an empty one, which the mesh fills: kubectl -n mesh create secret " in told


def test_a_server_that_is_away_is_no_matter_of_rights(cluster: SmallCluster) -> None:
    cluster.put("secrets", "mesh", SECRET)
    cluster.server.faults.refuse["secrets"] = [503, 503, 503]
    told = refusal(cluster, create=False)
    assert "Kubernetes answers 503" in told
    assert "right" not in told

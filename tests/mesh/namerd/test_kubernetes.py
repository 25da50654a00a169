from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial

import pytest
from tests.mesh.namerd.kubernetes_contract import A, KubernetesContract, running, shown
from tests.mesh.namerd.world import namerd, watching
from tests.mesh.namers.k8s.api_server import ApiServer
from tests.mesh.namers.k8s.cluster import url
from tests.mesh.namers.k8s.in_thread import SmallCluster, small_cluster

from clew.mesh.namerd.dtab_text import TEXT
from clew.mesh.namerd.kubernetes import Kubernetes
from clew.mesh.namerd.storage import StorageRefused
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api


class TestOnTheSmall(KubernetesContract):
    @pytest.fixture
    def namespace(self) -> Iterator[str]:
        with small_cluster(ApiServer()) as cluster:
            self.cluster = cluster
            self.access = Access(cluster.server.url)
            yield "mesh"


@pytest.fixture
def cluster() -> Iterator[SmallCluster]:
    with small_cluster(ApiServer()) as cluster:
        yield cluster


def storage(cluster: SmallCluster) -> Kubernetes:
    return Kubernetes(lambda: Api(lambda: Access(cluster.server.url)), "mesh")


def test_without_the_kind_or_the_right_it_is_refused_with_what_kubernetes_says(
    cluster: SmallCluster,
) -> None:
    async def scene() -> None:
        made = storage(cluster)
        async with running(made):
            cluster.server.faults.forbid.add("dtabs")
            with pytest.raises(StorageRefused, match="Kubernetes answers 403"):
                await made.create("default", A)
            assert shown(made) == {}

    asyncio.run(scene())


def test_writing_over_is_tried_again_when_others_write_too(cluster: SmallCluster) -> None:
    async def scene() -> None:
        made = storage(cluster)
        async with running(made):
            cluster.server.faults.refuse["dtabs"] = [409, 409]
            await made.update("default", A, None)
            assert shown(made) == {"default": A.exact}
            cluster.server.faults.refuse["dtabs"] = [409] * 10
            with pytest.raises(StorageRefused, match="409"):
                await made.update("default", A, None)

    asyncio.run(scene())


def test_what_is_put_is_an_object_and_an_edited_object_is_what_is_got(
    cluster: SmallCluster,
) -> None:
    file = f"""\
storage: {{kind: io.l5d.k8s, host: 127.0.0.1, port: {cluster.server.port}, namespace: mesh}}
interfaces: [{{kind: io.l5d.httpController, port: 0}}]
admin: {{port: 0}}
"""
    page = "/api/1/dtabs/default"

    async def scene() -> None:
        async with namerd(file) as (client, _):
            put = await client.put(page, content="/svc => /a", headers={"content-type": TEXT})
            assert put.status_code == 204, put.text
            stored = cluster.client.get(f"{url('dtabs', 'mesh')}/default").json()
            assert stored["dentries"] == [{"prefix": "/svc", "dst": "/a"}]
            dentries = [{"prefix": "/svc", "dst": "/b"}]
            edit = partial(cluster.put, "dtabs", "mesh", "default", dentries=dentries)
            edited = await asyncio.to_thread(edit)
            async with watching(client, f"{page}?watch=true") as lines:
                while json.loads(await anext(lines)) != dentries:
                    pass
            got = await client.get(page, headers={"accept": TEXT})
            assert got.text == "/svc=>/b\n"
            assert got.headers["etag"] == edited["metadata"]["resourceVersion"]

    asyncio.run(scene())

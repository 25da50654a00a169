"""The authority of the meshes in a Secret of a real API server."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import yaml
from tests.mesh.namers.k8s.cluster import url
from tests.mesh.serve.root_secret_contract import RootSecretContract

from clew.install.options import Options
from clew.install.render import render
from clew.mesh.config.authority import SECRET
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.serve.root_secret import RootSecret
from e2e.kube_apiserver.running import ADMINISTRATOR, KubeApiServer


class TestOnTheReal(RootSecretContract):
    @pytest.fixture
    def namespace(self, kubernetes: KubeApiServer, request: pytest.FixtureRequest) -> str:
        self.cluster = kubernetes
        self.access = Access(kubernetes.url, kubernetes.tls, token=ADMINISTRATOR)
        name = request.node.originalname.replace("_", "-")[:60].strip("-")
        kubernetes.put("namespaces", "", name)
        return str(name)

    def store(self, namespace: str) -> RootSecret:
        return RootSecret(lambda: Api(lambda: self.access), namespace)


def test_the_installed_mesh_may_use_its_secret_and_no_other_and_a_new_manifest_keeps_it(
    kubernetes: KubeApiServer,
) -> None:
    manifest = list(yaml.safe_load_all(render("mesh", Options(namespace="secured", tls="auto"))))
    for each in manifest:
        kubernetes.apply(each)
    token = kubernetes.token("secured", "l5d")
    account = Access(kubernetes.url, kubernetes.tls, token=token)

    async def scene() -> None:
        store = RootSecret(lambda: Api(lambda: account), "secured")
        try:
            empty = await store.read()
            assert empty is not None
            assert empty.text == b""
            await store.write(b"roots", empty)
            await store.changed()
            for each in manifest:
                await asyncio.to_thread(kubernetes.apply, each)
            filled = await store.read()
            assert filled is not None
            assert filled.text == b"roots"
        finally:
            await store.stop()

    asyncio.run(scene())
    with kubernetes.as_user(token) as client:
        for method, name in (("GET", ""), ("GET", "other"), ("DELETE", SECRET), ("POST", "")):
            answer = client.request(method, url("secrets", "secured", name), json={})
            assert answer.status_code == httpx.codes.FORBIDDEN, (method, name)

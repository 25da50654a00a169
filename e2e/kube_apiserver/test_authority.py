"""The authority of the meshes in a Secret of a real API server."""

from __future__ import annotations

import pytest
from tests.mesh.serve.root_secret_contract import RootSecretContract

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

"""A real API server does what the small one of the tests does."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.mesh.namers.k8s.api_contract import ApiServerContract, Clients
from tests.mesh.namers.k8s.cluster import KINDS

from clew.mesh.namers.k8s.access import Access
from e2e.kube_apiserver.running import ADMINISTRATOR, KubeApiServer

RBAC = "rbac.authorization.k8s.io"


class ClientsOfTheReal(Clients):
    def __init__(self, server: KubeApiServer) -> None:
        self.cluster = server
        self._server = server

    def access(self, token_file: Path | None = None) -> Access:
        token = "" if token_file else ADMINISTRATOR
        return Access(self._server.url, self._server.tls, token_file, token)

    def token(self, namespace: str, *plurals: str) -> str:
        name = "-".join(("reads", *plurals))
        self._server.put("serviceaccounts", namespace, name)
        rules = [
            {
                "apiGroups": [KINDS[plural][0].rpartition("/")[0]],
                "resources": [plural],
                "verbs": ["list", "watch"],
            }
            for plural in plurals
        ]
        self._server.put("roles", namespace, name, rules=rules)
        self._server.put(
            "rolebindings",
            namespace,
            name,
            roleRef={"apiGroup": RBAC, "kind": "Role", "name": name},
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        )
        return self._server.token(namespace, name)

    def client(self, token: str) -> httpx.Client:
        return self._server.as_user(token)

    def forget(self) -> None:
        """It remembers some time beyond what etcd does, but not when it is started again."""
        self._server.compact()
        self._server.stop_serving()
        self._server.serve()


class TestTheReal(ApiServerContract):
    last_seconds = 4

    @pytest.fixture
    def clients(self, kubernetes: KubeApiServer) -> Clients:
        return ClientsOfTheReal(kubernetes)

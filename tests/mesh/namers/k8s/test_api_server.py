"""The small API server keeps what a real one promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

import httpx
import pytest
from tests.mesh.namers.k8s.api_contract import ApiServerContract, Clients
from tests.mesh.namers.k8s.api_server import ApiServer
from tests.mesh.namers.k8s.in_thread import SmallCluster, small_cluster

from clew.mesh.namers.k8s.access import Access

ADMINISTRATOR = "administrator"


class ClientsOfTheSmall(Clients):
    def __init__(self, cluster: SmallCluster) -> None:
        self.cluster = cluster
        self._small = cluster

    def access(self, token_file: File | None = None) -> Access:
        token = "" if token_file else ADMINISTRATOR
        return Access(self._small.server.url, token_file=token_file, token=token)

    def token(self, namespace: str, *plurals: str) -> str:
        rights = self._small.server.rights
        token = f"token-{len(rights)}"
        rights[token] = set(plurals)
        return token

    def client(self, token: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self._small.server.url, headers=headers, trust_env=False)

    def forget(self) -> None:
        server = self._small.server
        self._small.call(server.compact)
        self._small.call(server.hang_up)


class TestTheSmall(ApiServerContract):
    @pytest.fixture
    def clients(self) -> Iterator[Clients]:
        with small_cluster(ApiServer(token=ADMINISTRATOR)) as cluster:
            yield ClientsOfTheSmall(cluster)

"""Dtabs in a real API server, with the definition that users apply."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from tests.mesh.namerd.kubernetes_contract import KubernetesContract
from tests.mesh.namers.k8s.cluster import url

from clew.mesh.namers.k8s.access import Access
from e2e.kube_apiserver.running import ADMINISTRATOR, KubeApiServer

DEFINITION = Path(__file__).parents[2] / "examples/namerd/dtabs.l5d.io.yml"


class TestOnTheReal(KubernetesContract):
    @pytest.fixture
    def namespace(self, kubernetes: KubeApiServer, request: pytest.FixtureRequest) -> str:
        self.cluster = kubernetes
        self.access = Access(kubernetes.url, kubernetes.tls, token=ADMINISTRATOR)
        kubernetes.apply(yaml.safe_load(DEFINITION.read_text()))
        while kubernetes.client.get(url("dtabs", "default")).is_error:
            time.sleep(0.05)
        name = request.node.originalname.replace("_", "-")[:60].strip("-")
        kubernetes.put("namespaces", "", name)
        return str(name)

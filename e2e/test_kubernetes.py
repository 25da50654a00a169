"""The post's configuration as it is, on three nodes of a Kubernetes cluster."""

from __future__ import annotations

import os

import pytest

from e2e.kube_apiserver.running import BINARY
from e2e.three_nodes_contract import Seen, ThreeNodesContract, seen_on_three_nodes


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    environment = {key: os.environ[key] for key in os.environ.keys() - {BINARY}}
    return seen_on_three_nodes(tmp_path_factory.mktemp("nodes"), environment)


class TestWithTheSmallApiServer(ThreeNodesContract):
    pass

"""The post's configuration on three nodes, with a real API server and the account of the mesh."""

from __future__ import annotations

import os

import pytest

from e2e.three_nodes_contract import Seen, ThreeNodesContract, seen_on_three_nodes


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return seen_on_three_nodes(tmp_path_factory.mktemp("nodes"), os.environ)


class TestWithARealApiServer(ThreeNodesContract):
    pass

"""One kube-apiserver for all tests that only ask it; each has a namespace of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from e2e.kube_apiserver.running import BINARY, KubeApiServer, running


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApiServer]:
    assert BINARY in os.environ, "run: make e2e-kubernetes"
    with running(tmp_path_factory.mktemp("kubernetes")) as server:
        yield server

from __future__ import annotations

import pytest

from clew.mesh.app import workers


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)])
def test_envoy_has_half_of_the_machine(cpus: int, threads: int) -> None:
    assert workers(cpus) == threads

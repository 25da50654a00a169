"""The Containerfile, read as a builder reads it: what may not be wrong, as rules."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clew.install.objects import USER

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """Words and what follows them, in order; continued lines are one."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def stages() -> list[list[tuple[str, str]]]:
    """Each begins with its FROM."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_images_come_from_a_registry_by_a_version() -> None:
    for stage in stages():
        image = stage[0][1].split()[0]
        assert re.fullmatch(r"[\w.]+(/[\w.-]+)+:[\w.-]*\d[\w.-]*", image), image


def test_each_instruction_is_one_that_is_needed() -> None:
    words = {word for word, _ in instructions()}
    assert words <= {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD"}
    assert all(rest.startswith("/") for word, rest in instructions() if word == "WORKDIR")


def test_nothing_is_fetched_but_by_pip() -> None:
    """No package of the system, so no compiler, and nothing without a hash."""
    runs = [rest for word, rest in instructions() if word == "RUN"]
    commands = {shlex.split(each)[0] for rest in runs for each in rest.split("&&")}
    assert commands == {"python", "mkdir", "/opt/build/bin/pip"}
    assert "PIP_NO_CACHE_DIR=1" in dict(stages()[0])["ENV"]


def test_the_image_has_only_what_the_first_stage_made() -> None:
    build, image = stages()
    assert build[0][1].endswith(" AS build")
    words = [word for word, _ in image]
    assert "RUN" not in words
    assert [rest for word, rest in image if word == "COPY"] == [
        "--from=build /opt/clew /opt/clew",
        "--from=build /installed/opt/clew /opt/clew",
        f"--from=build --chown={USER}:{USER} /data /data",
    ]


def test_the_image_runs_as_the_user_of_the_manifests_and_gets_signals() -> None:
    image = dict(stages()[-1])
    assert image["USER"] == f"{USER}:{USER}"
    assert json.loads(image["ENTRYPOINT"]) == ["clew"]
    assert json.loads(image["CMD"]) == ["--help"]


def test_dependencies_are_pinned_and_need_no_compiler() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    commands = [c for rest in installs for c in rest.split("&&") if "pip install" in c]
    assert commands
    for each in commands:
        flags = set(shlex.split(each))
        assert {"--require-hashes", "--only-binary"} <= flags or "--no-index" in flags, each


def test_what_changes_seldom_is_a_layer_below_what_changes_often() -> None:
    build = [rest for word, rest in stages()[0] if word in ("COPY", "RUN")]
    dependencies = next(i for i, each in enumerate(build) if "requirements/run.txt" in each)
    sources = next(i for i, each in enumerate(build) if each.startswith("src "))
    assert dependencies < sources
    assert "--root /installed" in build[-1]


def test_the_packages_that_are_taken_out_are_not_needed(tmp_path: Path) -> None:
    (uninstall,) = re.findall(
        r"uninstall --yes ([\w -]+)", " ".join(rest for _, rest in stages()[0])
    )
    absent = [name.removeprefix("python-") for name in uninstall.split()]
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({absent}));"
        "from clew.cli.main import main; from clew.mesh import app; from clew.trace import app;"
        "runpy.run_module('clew.check.open_engine', run_name='__main__')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "store")], check=True)


@pytest.mark.parametrize("source", ["requirements", "pyproject.toml", "examples", "ui", "src"])
def test_what_is_copied_is_there_and_not_ignored(source: str) -> None:
    copied = {name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]}
    assert source in copied
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CLEW = [sys.executable, "-m", "clew"]
GOOD = "routers:\n- protocol: http\n  servers: [{port: 0}]\n"
BAD = "routers:\n- protocol: http\n  servrs: [{port: 0}]\n  label: a\nadmin: {port: high}\n"


def clew(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLEW, *words], input=stdin, capture_output=True, text=True, check=False)


def test_a_good_file_is_ok(tmp_path: Path) -> None:
    file = tmp_path / "l5d.yaml"
    file.write_text(GOOD)
    done = clew("mesh", "--validate", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}: ok\n", "")


def test_stdin_is_called_by_its_dash() -> None:
    done = clew("mesh", "--validate", "-", stdin=json.dumps({"routers": []}))
    assert done.returncode == 2
    assert done.stdout.startswith("-:1: ")
    assert clew("mesh", "--validate", "-", stdin=GOOD).stdout == "-: ok\n"


def test_every_problem_is_one_line_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "l5d.yaml"
    file.write_text(BAD)
    done = clew("mesh", "--validate", str(file))
    assert (done.returncode, done.stderr) == (2, "")
    lines = done.stdout.splitlines()
    assert {line.partition(": ")[0] for line in lines} >= {f"{file}:3", f"{file}:5"}
    assert "(did you mean 'servers'?)" in done.stdout


def test_a_manifests_problems_have_the_manifests_lines(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yml"
    indented = "".join(f"    {line}\n" for line in BAD.splitlines())
    file.write_text(f"apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |-\n{indented}")
    done = clew("mesh", "--validate", str(file))
    assert done.returncode == 2
    assert {line.partition(": ")[0] for line in done.stdout.splitlines()} >= {
        f"{file}:7",
        f"{file}:9",
    }
    file.write_text("apiVersion: v1\nkind: Service\n")
    done = clew("mesh", "--validate", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "no ConfigMap in it holds a Linkerd file" in done.stderr


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "l5d.yaml"
    file.write_bytes(b"\xff")
    done = clew("mesh", "--validate", str(file))
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith(f"{file}:1: cannot be read: ")


@pytest.mark.parametrize("words", [["mesh"], ["mesh", "/no/such/file"], ["mesh", "--nope", "-"]])
def test_wrong_usage_is_2(words: list[str]) -> None:
    assert clew(*words).returncode == 2


@pytest.mark.parametrize("stdin", [False, True])
def test_a_bad_file_is_told_on_stderr_before_anything_starts(tmp_path: Path, stdin: bool) -> None:
    file = tmp_path / "l5d.yaml"
    file.write_text(BAD)
    name = "-" if stdin else str(file)
    done = clew("mesh", name, stdin=BAD)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(line.startswith(f"{name}:") for line in done.stderr.splitlines())

"""``clew namerd`` as a process, and the commands that change its dtabs, as the guide tells them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.mesh.serve.authority import Authority

from clew.cli.dtab import command
from clew.mesh.config.interpreter import NamerdInterpreter
from clew.mesh.config.linker import read_linker
from clew.mesh.config.namerd import read_namerd

ROOT = Path(__file__).parents[2]
CLEW = [sys.executable, "-m", "clew"]
EXAMPLE = (ROOT / "examples/namerd/namerd.yml").read_text()
ON_FREE_PORTS = re.sub(r"port: \d+", "port: 0", EXAMPLE)


@contextmanager
def namerd(directory: Path, text: str = ON_FREE_PORTS) -> Iterator[str]:
    """The example, running in ``directory``."""
    for name in ("dtabs", "disco"):
        (directory / name).mkdir()
    process = subprocess.Popen(
        [*CLEW, "namerd", "-"],
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(text)
    process.stdin.close()
    name, url = process.stdout.readline().split()
    assert name == "namerd"
    assert process.stdout.readline().startswith("admin http://127.0.0.1:")
    try:
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with namerd(tmp_path_factory.mktemp("namerd")) as url:
        yield url


def transcript() -> list[tuple[str, str]]:
    """The commands of the guide, each with what it prints."""
    (console,) = re.findall(r"```console\n(.*?)```", (ROOT / "docs/namerd.md").read_text(), re.S)
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.M)
    assert len(steps) == console.count("$ ")
    return steps


def test_the_transcript_of_the_guide(tmp_path: Path) -> None:
    with namerd(tmp_path) as base_url:
        follow(base_url, tmp_path)


def follow(base_url: str, directory: Path) -> None:
    """Type what the guide types, and see what it sees."""
    (directory / "clew").write_text(f'#!/bin/sh\nexec {sys.executable} -m clew "$@"\n')
    (directory / "clew").chmod(0o755)
    environment = {**os.environ, "NAMERCTL_BASE_URL": base_url}
    environment["PATH"] = f"{directory}:{environment['PATH']}"
    for typed, printed in transcript():
        done = subprocess.run(
            typed,
            shell=True,
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (typed, done.stdout.replace(base_url, "http://127.0.0.1:4180")) == (typed, printed)
        assert (done.returncode == 0) == (not printed.startswith("clew: "))


def test_a_namerd_behind_tls_is_asked_by_who_trusts_it(tmp_path: Path) -> None:
    authority = Authority.new("ours")
    authority.write(tmp_path / "ca.pem")
    authority.sign(tmp_path, "namerd", "localhost")
    tls = "tls: {certPath: namerd.pem, keyPath: namerd.key}"
    kind = "kind: io.l5d.httpController"
    text = ON_FREE_PORTS.replace(kind, f"{kind}\n  {tls}")
    with namerd(tmp_path, text) as url:
        base_url = url.replace("127.0.0.1", "localhost")
        trusted = ("--ca", str(tmp_path / "ca.pem"))
        assert run(base_url, "create", "web", "-", *trusted, stdin="/svc => /a").exit_code == 0
        assert run(base_url, "list", *trusted).output == "web\n"
        assert "CERTIFICATE_VERIFY_FAILED" in str(run(base_url, "list").exception)


def run(base_url: str, *words: str, stdin: str = "") -> Result:
    return CliRunner(env={"NAMERCTL_BASE_URL": base_url}).invoke(command, words, input=stdin)


def test_json_goes_both_ways_and_keeps_its_version(base_url: str) -> None:
    rules = '[{"prefix": "/svc", "dst": "0.001 * /a & 0.999 * /b"}]'
    assert run(base_url, "create", "web", "-", stdin=rules).output == "Created web\n"
    got = run(base_url, "get", "web", "--json").output
    document = json.loads(got)
    assert document["dtab"] == [{"prefix": "/svc", "dst": "0.001*/a & 0.999*/b"}]
    assert "web" in json.loads(run(base_url, "list", "--json").output)
    assert run(base_url, "put", "web", "-", stdin="/svc => /c").exit_code == 0
    late = run(base_url, "update", "web", "-", stdin=got)
    assert "412" in str(late.exception)


@pytest.mark.parametrize(
    ("words", "stdin", "code", "message"),
    [
        (["get", "none"], "", 1, "404: there is no dtab 'none' (create it)"),
        (["delete", "none"], "", 1, "404: there is no dtab 'none' (create it)"),
        (["update", "none", "-"], "/a => /b", 1, "404: there is no dtab 'none' (create it)"),
        (["put", ".x", "-"], "/a => /b", 1, "403: '.x' cannot be the name of a file"),
        (["put", "web", "-"], "\n/a = /b", 2, "<stdin>:2: '>' expected but ' ' found"),
        (["put", "web", "-"], "[{}]", 2, "<stdin>: Malformed dtab: Object missing"),
        (["put", "web", "-"], "{", 2, "<stdin>: neither a dtab nor JSON: "),
        (["put", "web", "-"], '{"dtab": 1}', 2, "<stdin>: Malformed dtab: Expected `array`"),
        (["list", "--base-url", "http://127.0.0.1:1"], "", 2, "Connection refused (is namerd"),
        (
            ["list", "--base-url", "https://127.0.0.1:1", "--ca", __file__],
            "",
            2,
            "test_namerd.py: cannot be used for https: ",
        ),
        (["list", "--base-url", "nowhere"], "", 2, "(is namerd there, and trusted? --base-url or"),
    ],
)
def test_what_goes_wrong(
    base_url: str, words: list[str], stdin: str, code: int, message: str
) -> None:
    done = run(base_url, *words, stdin=stdin)
    assert message in str(done.exception)
    assert getattr(done.exception, "exit_code", None) == code


def test_a_file_is_checked_without_running_it(tmp_path: Path) -> None:
    file = tmp_path / "namerd.yml"

    def validate() -> tuple[int, str]:
        done = subprocess.run(
            [*CLEW, "namerd", "--validate", str(file)], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    file.write_text(EXAMPLE)
    assert validate() == (0, f"{file}: ok\n")
    file.write_text("storage: {kind: io.l5d.etcd}\ninterfaces: []\n")
    assert validate() == (
        2,
        f"{file}:1: storage: io.l5d.etcd is not available in this version of clew; use io.clew.fs "
        "with a directory, or io.l5d.inMemory\n"
        f"{file}:2: interfaces: At least one interface must be specified in the configuration.\n",
    )


def test_the_mesh_of_the_example_asks_it() -> None:
    file = ROOT / "examples/namerd/linkerd.yml"
    linker = read_linker(file.read_text(), str(file))
    (router,) = linker.routers
    assert isinstance(router.interpreter, NamerdInterpreter)
    (controller,) = read_namerd(EXAMPLE, "namerd.yml").controllers
    assert str(router.interpreter.place) == f"{controller.ip}:{controller.port}"

    told = CliRunner().invoke(
        command, ["bind", "/svc/a", "--config", str(file), "--router", "outgoing"]
    )
    assert told.exit_code == 2
    assert "get it with: clew dtab get default --base-url http://127.0.0.1:4180" in told.output

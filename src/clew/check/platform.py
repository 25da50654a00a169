"""Whether the parts that clew brings along run on this machine: Envoy, and the traces' engine."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence

from clew.check.finding import Finding, ok, problem, warning
from clew.mesh.envoy.binary import WHEELS, NoEnvoy, find_envoy
from clew.mesh.envoy.child import describe_end
from clew.scratch import scratch

SECONDS = 60.0
"""For one program to answer; a cold disk needs some."""
FEW_FILES = 4096
"""Open files. A proxy needs two for each request under way."""


def findings() -> Iterator[Finding]:
    """One after the other, the quick ones first."""
    yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    yield envoy()
    yield engine()


def open_files(hard: int) -> Finding:
    """``hard`` is up to what a process may raise its limit, as Envoy's is."""
    most = "any number of" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    seen = f"a process may open {most} files"
    if hard != resource.RLIM_INFINITY and hard < FEW_FILES:
        return warning(
            "open files",
            f"{seen}, which is enough for {hard // 2:,} requests at a time",
            "raise the limit: ulimit -Hn, LimitNOFILE= of systemd, or /etc/security/limits.conf",
        )
    return ok("open files", seen)


def envoy() -> Finding:
    """By starting it."""
    try:
        path = find_envoy()
    except NoEnvoy as error:
        return problem("envoy", error.message, error.hint)
    said, why = _run([str(path), "--version"])
    version = re.search(r"/(\d+\.\d+\.\d+)/", said)
    if why or version is None:
        return problem(
            "envoy", f"Envoy does not run here: {why or repr(said)}", f"it needs {WHEELS}"
        )
    return ok("envoy", f"Envoy {version[1]} runs")


def engine() -> Finding:
    """By opening a store, in a process of its own (:mod:`clew.check.open_engine`)."""
    with scratch("check") as directory:
        said, why = _run([sys.executable, "-m", "clew.check.open_engine", str(directory / "store")])
    if why:
        advice = "clew traces needs Linux or macOS on x86-64 or arm64, and room in TMPDIR"
        return problem("engine", f"the engine of clew traces does not open a store: {why}", advice)
    return ok("engine", f"{said.strip()} opens a store")


def _run(command: Sequence[str]) -> tuple[str, str]:
    """What it printed, or why it did not end well."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except OSError as error:
        return "", error.strerror or str(error)
    except subprocess.TimeoutExpired:
        return "", f"it did not answer within {SECONDS:.0f} s"
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        return "", describe_end(done.returncode) + (f" and said: {last}" if last else "")
    return done.stdout, ""

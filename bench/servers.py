"""Trace servers that are measured, each a process of its own, and what a process has used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    address: str
    """``http://`` with host and port."""
    pid: int


@contextmanager
def clew_traces(directory: str) -> Iterator[Server]:
    """``clew traces`` with its store in ``directory``."""
    command = [sys.executable, "-m", "clew", "traces", "--port", "0", "--store", directory]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            yield Server(ready.split("ready: ")[1].split("/zipkin/")[0], process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def settle(server: Server) -> None:
    """Wait until a ``clew traces`` has stored what it accepted."""
    while counters(server, "clew_spans_waiting"):
        time.sleep(0.05)


def counters(server: Server, prefix: str) -> float:
    """The sum of the metrics whose lines begin with ``prefix``."""
    with urllib.request.urlopen(f"{server.address}/prometheus") as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))


def cpu(pid: int) -> float:
    """Seconds of one core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def quiet(pid: int) -> None:
    """Wait until work behind the answers is done: it then uses less than a tenth of a core."""
    before = cpu(pid)
    while True:
        time.sleep(1)
        now = cpu(pid)
        if now - before < 0.1:
            return
        before = now


def peak_mb(pid: int) -> float:
    """The most memory that a process had resident, in MB (10^6 bytes)."""
    return _memory(pid, "VmHWM:")


def resident_mb(pid: int) -> float:
    """Resident memory in MB (10^6 bytes)."""
    return _memory(pid, "VmRSS:")


def _memory(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0  # the process is ending

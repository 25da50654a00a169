"""A ``clew demo`` of the test's own: started on free ports, asked, and stopped."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from clew.demo.topology import lay_out

T = TypeVar("T")
CLEW = (sys.executable, "-m", "clew")
PATIENCE = 60.0
"""Seconds after which a test gives up waiting; far beyond what anything needs."""


def free_offset(nodes: int = 1) -> int:
    """A port offset at which every address of the demo is free."""
    for offset in random.sample(range(11_000, 22_000, 20), 200):
        if all(is_free(host, port) for host, port in lay_out(nodes, offset).listening()):
            return offset
    raise AssertionError("no free port range")


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def until(probe: Callable[[], T], what: str) -> T:
    """The first truthy answer of ``probe``."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"gave up waiting for {what}"
        time.sleep(0.05)
    return answer


class Demo:
    """A demo that runs. ``told`` is the document of ``--json``."""

    def __init__(self, process: subprocess.Popen[bytes], offset: int, log: Path) -> None:
        self.process, self.offset, self._log = process, offset, log
        self.told: dict[str, Any] = {}

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def url(self, name: str) -> str:
        return str(self.told["urls"][name])

    def get(self, url: str, **headers: str) -> httpx.Response:
        """A request through the mesh, as with ``http_proxy``."""
        with httpx.Client(proxy=self.url("mesh"), timeout=PATIENCE) as client:
            return client.get(url, headers=headers)

    def api(self, path: str) -> Any:
        """What the trace server answers below /api/v2; None for 404."""
        answer = httpx.get(f"{self.url('traces')}api/v2/{path}", timeout=PATIENCE)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def traced(
        self, url: str, headers: dict[str, str]
    ) -> tuple[httpx.Response, list[dict[str, Any]]]:
        """A request through the mesh, and its trace once all 8 spans are there."""
        before = {trace[0]["traceId"] for trace in self.traces()}
        answer = self.get(url, **headers)

        def probe() -> list[dict[str, Any]]:
            new = [trace for trace in self.traces() if trace[0]["traceId"] not in before]
            return next((trace for trace in new if len(trace) == 8), [])

        return answer, until(probe, "a new trace of 8 spans")

    def traces(self, query: str = "limit=1000") -> list[list[dict[str, Any]]]:
        """What a search for the entry's server spans finds."""
        found: list[list[dict[str, Any]]] = self.api(
            f"traces?serviceName=127.0.0.1%2F{4140 + self.offset}&{query}"
        )
        return found

    def children(self) -> dict[int, str]:
        """Every process below the demo, with its command line."""
        return descendants(self.process.pid)

    def child(self, *words: str) -> int:
        """The one process below the demo whose command line has all ``words``."""
        (found,) = [p for p, line in self.children().items() if all(w in line for w in words)]
        return found

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


def descendants(pid: int) -> dict[int, str]:
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                found[child] = command_line(child)
                waiting.append(child)
    return found


def command_line(pid: int) -> str:
    """The words of a process, separated by spaces; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def running(tmp_path: Path, *flags: str, nodes: int = 1) -> Iterator[Demo]:
    """``clew demo --json`` with its first trace already printed; nothing is left of it after."""
    offset, log = free_offset(nodes), tmp_path / "demo.log"
    command = [*CLEW, "demo", "--json", f"--port-offset={offset}", f"--nodes={nodes}", *flags]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as process,
    ):
        demo = Demo(process, offset, log)
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, demo.log
            demo.told = json.loads(line)
            yield demo
        finally:
            children = demo.children() if process.poll() is None else {}
            demo.stop()
            left = {pid: text for pid, text in children.items() if command_line(pid) == text != ""}
            assert left == {}

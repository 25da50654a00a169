"""A demo that runs while something is measured, and the processes in it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OFFSET = 21000


@contextmanager
def demo(*flags: str) -> Iterator[tuple[dict[str, Any], int]]:
    """``clew demo --json`` on ports of its own: what it printed, and its process id."""
    command = [sys.executable, "-m", "clew", "demo", "--json", "--port-offset", str(OFFSET), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline()), process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def descendants(pid: int) -> dict[int, str]:
    """Every process below ``pid`` with its command line."""
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").iterdir():
            for child in (task / "children").read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                found[int(child)] = b" ".join(words).decode(errors="replace")
                waiting.append(int(child))
    return found

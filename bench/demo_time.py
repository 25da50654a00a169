"""From ``clew demo --once`` to the printed trace, warm; beside it the bare command."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench.running import OFFSET

ROUNDS = 5


def first_line(*command: str) -> float:
    """Seconds until a command prints its first line on stdout; it is then waited for."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        took = time.perf_counter() - start
        process.stdout.read()
    assert process.returncode == 0
    return took


def main() -> None:
    demo = ("clew", "demo", "--once", "--json", "--port-offset", str(OFFSET))
    first_line(*demo)  # warms the page cache
    pairs = [(first_line("clew", "--version"), first_line(*demo)) for _ in range(ROUNDS)]
    bare, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
    spread = sorted(whole for _, whole in pairs)
    print(f"clew demo --once: median {whole:.2f} s of {ROUNDS} ({spread[0]:.2f}–{spread[-1]:.2f})")
    print(f"baseline clew --version: median {bare:.2f} s; ratio {whole / bare:.1f}")

"""From ``clew demo --once`` to the printed trace, installed and warm; beside it the bare import."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench.running import OFFSET

ROUNDS = 5


def timed(*command: str) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    demo = ("clew", "demo", "--once", "--port-offset", str(OFFSET))
    timed(*demo)  # warms the page cache
    pairs = [(timed("clew", "--version"), timed(*demo)) for _ in range(ROUNDS)]
    bare, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
    spread = sorted(whole for _, whole in pairs)
    print(f"clew demo --once: median {whole:.2f} s of {ROUNDS} ({spread[0]:.2f}–{spread[-1]:.2f})")
    print(f"baseline clew --version: median {bare:.2f} s; ratio {whole / bare:.1f}")

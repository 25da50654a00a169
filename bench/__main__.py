"""``python -m bench``: print every figure with the command that made it."""

from __future__ import annotations

import importlib
import itertools
import platform
import sys
from pathlib import Path

NAMES = (
    "demo_time",
    "hop_latency",
    "proxies",
    "relay",
    "balancers",
    "names",
    "memory",
    "ingest",
    "search",
    "clickhouse",
    "kubernetes",
    "zipkin",
)


def machine() -> str:
    """The processor and how many of it, as the figures depend on it."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{len(models)} × {models[0]}, Python {platform.python_version()}"


def main(words: list[str]) -> None:
    """Names, then options, which the benchmarks that have some read themselves."""
    names = list(itertools.takewhile(lambda word: not word.startswith("--"), words))
    print(f"machine: {machine()}")
    for name in names or NAMES:
        print(f"\n$ python -m bench {name}")
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])

"""Resident memory of mesh, trace server and app after 1,000 requests; beside it bare Python."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from urllib.parse import urlsplit

from bench.load import steady
from bench.running import demo, descendants
from bench.servers import resident_mb

REQUEST = b"GET / HTTP/1.1\r\nHost: hello\r\n\r\n"


def bare_python() -> float:
    """What an interpreter alone has resident."""
    idle = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", idle], stdin=subprocess.PIPE) as process:
        time.sleep(0.5)
        return resident_mb(process.pid)


def main() -> None:
    base = bare_python()
    with demo() as (told, pid):
        mesh = urlsplit(told["urls"]["mesh"])
        assert mesh.port
        load = steady(mesh.hostname or "127.0.0.1", mesh.port, REQUEST, rate=100, seconds=10)
        result = asyncio.run(load)
        time.sleep(3)  # the last spans travel
        commands = descendants(pid)
        parts = {
            "mesh: Envoy": [p for p, c in commands.items() if "envoy" in c.split(" ")[0]],
            "mesh: control plane": [p for p, c in commands.items() if " mesh " in f"{c} "],
            "traces": [p for p, c in commands.items() if " traces " in f"{c} "],
            "one app": [p for p, c in commands.items() if " helloworld " in c][:1],
        }
        print(f"after {len(result.latencies)} requests, {result.failures} failures")
        print("| | resident MB | ratio to bare Python |\n|---|---|---|")
        print(f"| baseline: bare Python | {base:.0f} | 1.0 |")
        for name, pids in parts.items():
            size = sum(map(resident_mb, pids))
            print(f"| {name} | {size:.0f} | {size / base:.1f} |")

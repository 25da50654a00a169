"""A Zipkin server of the Zipkin project, with its store in memory, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import Server, counters

MOST_SPANS = 1_000_000
"""More than are sent, so that none is forgotten."""
HEAP = "-Xmx6g"
FLAGS = f"java {HEAP} -jar zipkin-server-exec.jar, MEM_MAX_SPANS={MOST_SPANS}"
_START_SECONDS = 60


def fetched() -> Path | None:
    """The executable jar; None when it is not to be had, which is then said on stderr."""
    script = Path(__file__).parents[1] / "scripts" / "zipkin_jar"
    done = subprocess.run([script], stdout=subprocess.PIPE, text=True)
    return None if done.returncode else Path(done.stdout.strip())


@contextmanager
def zipkin(jar: Path) -> Iterator[Server]:
    """A server at a free port of this machine only."""
    address = ("--armeria.ports[0].ip=127.0.0.1", "--armeria.ports[0].port=0")
    environment = {**os.environ, "MEM_MAX_SPANS": str(MOST_SPANS)}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            ["java", HEAP, "-jar", str(jar), *address],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as process,
    ):
        try:
            yield Server(_address(process, log.fileno()), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def live_heap(server: Server) -> float:
    """Bytes of the heap that are in use after a full collection."""
    subprocess.run(["jcmd", str(server.pid), "GC.run"], check=True, stdout=subprocess.DEVNULL)
    return counters(server, 'jvm_memory_used_bytes{area="heap"')


def _address(process: subprocess.Popen[bytes], log: int) -> str:
    """Where it says that it serves."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        told = os.pread(log, 1 << 20, 0).decode(errors="replace")
        if found := re.search(r"Serving HTTP at .* - (http://\S+?)/?\n", told):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"Zipkin did not start:\n{told}")

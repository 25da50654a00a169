"""The named pipe into which Envoy writes the latency of each attempt."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from clew.mesh.xds.latency_log import Seen, read_line

CHUNK = 1 << 16
LONGEST_LINE = 1 << 16


class LatencyPipe:
    """Reads from ``start`` to ``stop``. Envoy could not open the pipe without a reader, and would
    hang in the end with one that does not read: it is started before Envoy, and stopped after."""

    def __init__(self, path: Path, on_seen: Callable[[Seen], None]) -> None:
        self.path = path
        self._on_seen = on_seen
        self._file = -1
        self._rest = b""

    def start(self) -> None:
        """Make the pipe, and read it in the running event loop."""
        os.mkfifo(self.path, 0o600)
        # also for writing: else it would be at its end when an Envoy has ended
        self._file = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def stop(self) -> None:
        """Read no more."""
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)
        self.path.unlink()

    def _read(self) -> None:
        *lines, rest = (self._rest + os.read(self._file, CHUNK)).split(b"\n")
        self._rest = rest if len(rest) <= LONGEST_LINE else b""
        for line in lines:
            if (seen := read_line(line.decode("utf-8", "replace"))) is not None:
                self._on_seen(seen)

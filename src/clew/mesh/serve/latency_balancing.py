"""How fast endpoints are, from what Envoy writes of each attempt: for balancing by latency."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from clew.mesh.serve.latencies import Latencies
from clew.mesh.serve.latency_pipe import LatencyPipe
from clew.mesh.xds.endpoints import Speeds
from clew.mesh.xds.latency_log import Seen

COMPARE_SECONDS = 1.0
"""Between two looks."""


class LatencyBalancing:
    """``on_change`` is called when ``speeds`` is another mapping."""

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        """``path`` is the pipe that Envoy writes to."""
        self.speeds: Mapping[str, Speeds] = {}
        """By cluster."""
        self._on_change = on_change
        self._clock = asyncio.get_running_loop().time
        self._latencies = Latencies()
        self._pipe = LatencyPipe(path, self._observe)

    @property
    def path(self) -> Path:
        """What Envoy writes to."""
        return self._pipe.path

    def follow(self, decays: Mapping[str, float]) -> None:
        """See :meth:`Latencies.follow`."""
        self._latencies.follow(decays)

    def start(self) -> None:
        """Read, before Envoy starts."""
        self._pipe.start()

    def stop(self) -> None:
        """Read no more, after Envoy has ended."""
        self._pipe.stop()

    async def compare(self) -> None:
        """From time to time, for ever."""
        while True:
            await asyncio.sleep(COMPARE_SECONDS)
            speeds = self._latencies.speeds(self._clock())
            if speeds != self.speeds:
                self.speeds = speeds
                self._on_change()

    def _observe(self, seen: Seen) -> None:
        self._latencies.observe(seen, self._clock())

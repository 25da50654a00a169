"""Asks Envoy for its statistics when somebody asks us for metrics, and never else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from clew.mesh.serve.histogram import LastMinute
from clew.mesh.serve.metrics import Metric, ServerName, linkerd_metrics
from clew.mesh.serve.readings import read_clusters, read_statistics

NEEDED = (
    r"^http\..*\.downstream_(rq|cx)_\w+$|"
    r"^cluster\..*\.(upstream_(rq|cx)_\w+|outlier_detection\.ejections_enforced_total)$"
)
"""The statistics that have a Linkerd name (RE2): about half of what Envoy has for each name."""


class Scrape:
    """Reads Linkerd's metrics out of one Envoy. It remembers readings, for the last minute."""

    def __init__(
        self,
        statistics: Callable[[str], Awaitable[bytes]],
        clusters: Callable[[], Awaitable[bytes]],
        servers: Callable[[], Mapping[str, ServerName]],
        clock: Callable[[], float],
    ) -> None:
        """``statistics`` takes a pattern; ``clock`` counts seconds and does not go back."""
        self._statistics = statistics
        self._clusters = clusters
        self._servers = servers
        self._clock = clock
        self._minute = LastMinute()
        # two at a time would both make Envoy's main thread busy for the same answer
        self._lock = asyncio.Lock()

    async def metrics(self) -> list[Metric]:
        """What Envoy counts now. Raises what the callables raise."""
        async with self._lock:
            statistics = await self._statistics(NEEDED)
            clusters = await self._clusters()
            # seconds of work with thousands of names, which must not keep Envoy waiting for names
            return await asyncio.to_thread(
                self._read, statistics, clusters, self._servers(), self._clock()
            )

    def _read(
        self, statistics: bytes, clusters: bytes, servers: Mapping[str, ServerName], now: float
    ) -> list[Metric]:
        read = read_statistics(statistics)
        recent = self._minute.add(now, read.histograms)
        return linkerd_metrics(read, recent, read_clusters(clusters), servers)

"""Which names no request uses, and which of them leave Envoy to make room. Pure but for one call.

Envoy drops nothing by itself and says of no name that it was used; it counts, and a count that
stays the same from one reading to the next is a name that rests.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from clew.mesh.compile import Named, State
from clew.mesh.config.linker import Linker
from clew.mesh.serve.readings import read_statistics

USES = r"^cluster\..*\.(upstream_rq_total|upstream_rq_active|upstream_cx_none_healthy)$"
"""What counts up when a name is used, be it in vain, or is above zero while it is (RE2)."""
READING_SECONDS = 30.0
"""The longest time between two readings: Envoy's main thread works for each."""
READINGS_A_LIFE = 4
"""Readings in the time after which a name is idle."""
NEARLY_FULL, ROOMY = 0.9, 0.7
"""Of a router's names: above the first share the idlest leave, down to the second. Many at once,
because each time costs Envoy a stream that it never closes."""


def reading_pause(linker: Linker) -> float:
    """Seconds between two readings."""
    shortest = min(router.binding_cache.idle_ttl_secs for router in linker.routers)
    return min(READING_SECONDS, shortest / READINGS_A_LIFE)


class IdleNames:
    """When each name was used last."""

    def __init__(
        self, statistics: Callable[[str], Awaitable[bytes]], clock: Callable[[], float]
    ) -> None:
        """``statistics`` takes a pattern; ``clock`` counts seconds and does not go back."""
        self._statistics = statistics
        self._clock = clock
        self._totals: Mapping[str, int] = {}
        self._used: dict[str, float] = {}
        self._read_at = -math.inf

    async def read(self, names: Iterable[str]) -> None:
        """Look at Envoy's counts of these names. Raises what ``statistics`` raises."""
        counts = read_statistics(await self._statistics(USES)).counts
        self.see(names, counts, self._clock())

    def see(self, names: Iterable[str], counts: Mapping[str, int], now: float) -> None:
        """``counts`` are by Envoy's names of statistics."""
        totals: dict[str, int] = {}
        busy = set()
        for statistic, count in counts.items():
            name, _, kind = statistic.removeprefix("cluster.").rpartition(".")
            if kind != "upstream_rq_active":
                totals[name] = totals.get(name, 0) + count
            elif count:
                busy.add(name)
        used = {}
        for name in names:
            counted = _counted(name)
            rests = counted not in busy and totals.get(counted) == self._totals.get(counted)
            used[name] = self._used.get(name, now) if rests else now
        self._totals, self._used, self._read_at = totals, used, now

    def leaving(self, names: Mapping[str, Named], linker: Linker) -> frozenset[str]:
        """Those past their router's ``idleTtlSecs``, and the idlest of routers that are nearly
        full if they were not used between the last two readings.
        """
        now = self._clock()
        life = {r.label: r.binding_cache.idle_ttl_secs for r in linker.routers}
        expired = {
            name
            for name, named in names.items()
            if self._idle(name, now) >= life.get(named.router, 0)
        }
        resting = {name for name in names if self._used.get(name, now) < self._read_at}
        return frozenset(expired | {*self._surplus(names, linker, NEARLY_FULL)} & resting)

    def in_the_way(self, names: Mapping[str, Named], linker: Linker) -> frozenset[str]:
        """When names were refused: all that clients may have made up, and the idlest of routers
        that are full, used or not.
        """
        doubtful = {name for name, named in names.items() if named.state is not State.KNOWN}
        return frozenset(doubtful.union(self._surplus(names, linker, 1.0)))

    def _idle(self, name: str, now: float) -> float:
        return now - self._used.get(name, now)

    def _surplus(self, names: Mapping[str, Named], linker: Linker, full: float) -> Iterator[str]:
        """The idlest of each router that has this share of what it may have, down to ROOMY."""
        for router in linker.routers:
            own = [name for name, each in names.items() if each.pool == router.label]
            if len(own) >= full * router.binding_cache.paths:
                own.sort(key=self._worth)
                yield from own[: len(own) - int(ROOMY * router.binding_cache.paths)]

    def _worth(self, name: str) -> tuple[float, int]:
        """Used last, and of two that are the same in this, used more often."""
        return self._used.get(name, self._clock()), self._totals.get(_counted(name), 0)


def _counted(name: str) -> str:
    """What Envoy calls it in statistics."""
    return name.replace(":", "_")

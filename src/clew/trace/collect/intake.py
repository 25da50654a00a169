"""The parts between the transports and the store, put together."""

from __future__ import annotations

import time
from pathlib import Path

from clew.span.model import Micros
from clew.trace.collect.collector import Collector
from clew.trace.collect.counts import Counts
from clew.trace.collect.insert import Inserts, Writer
from clew.trace.collect.log import Log
from clew.trace.collect.room import Room, WhenFull
from clew.trace.collect.sampler import Sampler
from clew.trace.collect.segment import left_over

_IN_FLIGHT = 64 << 20
"""Bytes of messages that may wait to be stored: about a second's work."""


class Intake:
    """Room, log and inserts, from :meth:`start` to :meth:`close`."""

    def __init__(
        self,
        directory: Path,
        store: Writer,
        sampler: Sampler,
        counts: Counts,
        *,
        in_flight: int = _IN_FLIGHT,
        seal_seconds: float = 1.0,
        when_full: WhenFull = WhenFull.REFUSE,
    ) -> None:
        """``directory`` is the log's; it is made if it is not there."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self.counts = counts
        spare = Room(in_flight) if when_full is WhenFull.DROP else None
        self.room = Room(in_flight, spare)
        self._inserts = Inserts(store, self.room, counts, sampler)
        self._log = Log(directory, self._inserts, self.room, counts, seal_seconds=seal_seconds)
        self.collector = Collector(self._log, sampler, counts, _now, when_full)

    def start(self) -> None:
        """Take messages; first of all insert what the last process left in the log."""
        self._inserts.start(left_over(self._directory))
        self._log.start()

    def close(self, seconds: float) -> None:
        """Insert what was accepted, for at most ``seconds``; the rest waits for the next start."""
        self._log.close()
        self._inserts.close(seconds)

    def troubles(self) -> list[str]:
        """What keeps spans from being accepted or stored now."""
        return [trouble for trouble in (self._log.trouble, self._inserts.trouble) if trouble]


def _now() -> Micros:
    return Micros(time.time_ns() // 1000)

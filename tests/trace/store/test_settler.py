"""The thread that settles hours: at once, again later, and not when the store is closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from clew.trace.store import StoreUnavailable, settler
from clew.trace.store.settler import Settler


class Hours:
    """Stands in for the links of a store."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = 0
        self.enough = threading.Event()
        self._failures = failures

    def settle(self, now: int, stopping: Callable[[], bool]) -> int:
        assert now > 1_700_000_000_000_000
        self.asked += 1
        if self.asked == 3:
            self.enough.set()
        if self.asked <= self._failures:
            raise StoreUnavailable("no room")
        return int(stopping())


@pytest.mark.parametrize("failures", [0, 2])
def test_settles_from_time_to_time_whatever_happens(
    failures: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settler, "_SECONDS", 0.001)
    hours = Hours(failures)
    with caplog.at_level(logging.WARNING):
        running = Settler(hours)
        assert hours.enough.wait(30)
        running.stop()
    assert [record.message for record in caplog.records] == (
        ["hours could not be settled, so they are linked anew: no room"] * failures
    )


def test_stops_without_waiting_for_the_next_time() -> None:
    running = Settler(Hours())
    running.stop()

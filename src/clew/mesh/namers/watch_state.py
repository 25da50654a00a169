"""How a watch of the world goes, for operators: the words of Linkerd's ``/namer_state``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Document = Mapping[str, Any]


class WatchState:
    """What one watch has asked and heard. Times are kept as they are shown."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives seconds since the epoch."""
        self._clock = clock
        self._started = self._now()
        self._updated: str | None = None
        self._request: str | None = None
        self._requested: str | None = None
        self._responded: str | None = None
        self._error: str | None = None

    def asked(self, request: str) -> None:
        """The world is asked."""
        self._request, self._requested = request, self._now()

    def heard(self) -> None:
        """The world has answered."""
        self._responded, self._error = self._now(), None

    def failed(self, error: str) -> None:
        """The world has not answered, or not with what makes sense."""
        self._responded, self._error = self._now(), error

    def updated(self) -> None:
        """What is known has changed."""
        self._updated = self._now()

    def state(self, value: object) -> Document:
        """Linkerd's ``VarState``; ``value`` is what is known, None for nothing yet."""
        return {
            "running": True,
            "lastStartedAt": self._started,
            "lastStoppedAt": None,
            "lastUpdatedAt": self._updated,
            "value": value,
        }

    def watch(self) -> Document:
        """The last request and what came of it."""
        return {
            "request": self._request,
            "lastRequestAt": self._requested,
            "lastResponseAt": self._responded,
            "error": self._error,
        }

    def _now(self) -> str:
        return shown(self._clock())


def shown(seconds: float) -> str:
    """A time since the epoch as Linkerd writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")

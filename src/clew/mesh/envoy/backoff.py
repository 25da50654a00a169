"""How long to wait before a child that ended is started again. Pure."""

from __future__ import annotations

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
HEALTHY_SECONDS = 30.0
"""A life at least this long makes the next delay the first one again."""


class Backoff:
    """Doubles from one short life to the next."""

    def __init__(self) -> None:
        self._next = FIRST_DELAY

    def delay_after(self, lived: float) -> float:
        """Seconds to wait, when the child has ended after ``lived`` seconds."""
        if lived >= HEALTHY_SECONDS:
            self._next = FIRST_DELAY
        delay = self._next
        self._next = min(2 * delay, LONGEST_DELAY)
        return delay

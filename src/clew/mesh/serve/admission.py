"""When Envoy is kept from asking for more names, and when it may ask again.

Every name that Envoy asks for costs it memory, also one that is refused, and clients can make up
any number. So refused names are counted; too many of them close the gate; and after a pause all
doubtful names are forgotten and Envoy starts anew, in the next epoch. The pauses double while it
goes on, because what Envoy remembers of an epoch it never frees.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from clew.mesh.compile import Admission

GATE_BYTES = 4 << 20
"""What refused names may cost Envoy in one epoch before the gate closes."""
NAME_BYTES = 250
"""What Envoy keeps of a refused name beyond its text."""
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0


class Crowd:
    """Counts the refused names of an epoch. Times are seconds of any one clock."""

    def __init__(self, *, first_pause: float = FIRST_PAUSE, gate_bytes: int = GATE_BYTES) -> None:
        self.admission = Admission()
        self._first_pause = first_pause
        self._gate_bytes = gate_bytes
        self._pause = first_pause
        self._cost = 0
        self._until: float | None = None
        self._quiet_since = 0.0

    @property
    def until(self) -> float | None:
        """When the epoch ends; None while nothing is refused."""
        return self._until

    def refuse(self, names: Collection[str], now: float) -> None:
        """These were refused just now."""
        if not names:
            return
        if self._until is None:
            if now - self._quiet_since > self._pause:
                self._pause = self._first_pause
            self._until = now + self._pause
        self._cost += sum(len(name) + NAME_BYTES for name in names)
        self.admission = replace(self.admission, crowded=True, gated=self._cost > self._gate_bytes)

    def next_epoch(self, now: float) -> bool:
        """Begin it if it is time. True when it has begun: doubtful names are to be forgotten."""
        if self._until is None or now < self._until:
            return False
        self.admission = Admission(epoch=self.admission.epoch + 1)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._cost, self._until, self._quiet_since = 0, None, now
        return True

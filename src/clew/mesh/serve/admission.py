"""When Envoy is kept from asking for more names, and when it may ask again.

Every name that Envoy asks for costs it memory, also one that is refused, and clients can make up
any number. So refused names are counted; too many of them close the gate; and after a pause all
doubtful names are forgotten and Envoy starts anew, in the next epoch. Names that rest leave in the
same way, without a crowd. The pauses double while it goes on, because what Envoy remembers of an
epoch it never frees: about 0.2 MB, with our end of its stream.
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


class _Pauses:
    """They double while it goes on, and are short again after a quiet time."""

    def __init__(self, first: float) -> None:
        self._first = first
        self._length = first
        self._ended = 0.0

    def begin(self, now: float) -> float:
        """When the pause ends that begins now."""
        if now - self._ended > self._length:
            self._length = self._first
        return now + self._length

    def end(self, now: float) -> None:
        self._length = min(2 * self._length, LONGEST_PAUSE)
        self._ended = now


class Crowd:
    """Counts the refused names of an epoch. Times are seconds of any one clock."""

    def __init__(self, *, first_pause: float = FIRST_PAUSE, gate_bytes: int = GATE_BYTES) -> None:
        self.admission = Admission()
        self._gate_bytes = gate_bytes
        self._pauses = _Pauses(first_pause)
        self._rests = _Pauses(first_pause)
        self._rests_until = 0.0
        self._cost = 0
        self._until: float | None = None

    @property
    def until(self) -> float | None:
        """When the epoch ends; None while nothing is refused."""
        return self._until

    def refuse(self, names: Collection[str], now: float) -> None:
        """These were refused just now."""
        if not names:
            return
        if self._until is None:
            self._until = self._pauses.begin(now)
        self._cost += sum(len(name) + NAME_BYTES for name in names)
        self.admission = replace(self.admission, crowded=True, gated=self._cost > self._gate_bytes)

    def next_epoch(self, now: float) -> bool:
        """Begin it if it is time. True when it has begun: doubtful names are to be forgotten."""
        if self._until is None or now < self._until:
            return False
        self.admission = Admission(epoch=self.admission.epoch + 1)
        self._pauses.end(now)
        self._cost, self._until = 0, None
        return True

    def renew(self, now: float) -> bool:
        """Begin an epoch for names that only rest. False, and nothing is done, too soon after the
        last for such names, and while names are refused: then the epoch ends by itself.
        """
        if self._until is not None or now < self._rests_until:
            return False
        self._rests_until = self._rests.begin(now)
        self._rests.end(now)
        self.admission = Admission(epoch=self.admission.epoch + 1)
        return True

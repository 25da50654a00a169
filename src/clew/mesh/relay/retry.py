"""When to try an export again. Pure: the random number and the clock are the caller's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits that double from ``first`` to ``longest``, each shortened by up to half at random."""

    first: float = 0.2
    """Seconds before the second try."""
    longest: float = 10.0
    """Seconds; also bounds what a collector may ask for by Retry-After."""
    give_up_after: float = 60.0
    """Seconds since the spans were taken in; then they are dropped."""

    def wait(self, tries: int, chance: float, asked_for: float | None = None) -> float:
        """Seconds to wait after the ``tries``-th try (1, 2, …); ``chance`` is in [0, 1)."""
        if asked_for is not None:
            # not all nodes at the same moment, and never before it
            return min(max(asked_for, self.first), self.longest) + chance * self.first
        backoff = min(self.first * 2.0 ** min(tries - 1, 32), self.longest)
        return backoff * (1 - chance / 2)

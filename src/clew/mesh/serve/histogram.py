"""Histograms as Envoy keeps them: added up, subtracted, asked for quantiles. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WINDOW_SECONDS = 60.0
"""Linkerd's quantiles are of the last minute."""


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """Values from ``lower`` to ``lower + width``; a width of 0 is exactly ``lower``."""

    lower: float
    width: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell into each bucket; buckets without values are not in it."""

    counts: Mapping[Bucket, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of values."""
        return sum(self.counts.values())

    @property
    def sum(self) -> float:
        """Of the values, each taken as the middle of its bucket; Envoy keeps no exact sum."""
        return sum((b.lower + b.width / 2) * count for b, count in self.counts.items())

    def since(self, earlier: Histogram) -> Histogram:
        """What came after ``earlier``. After a restart of Envoy that is everything."""
        if not earlier.counts:
            return self
        if any(count > self.counts.get(bucket, 0) for bucket, count in earlier.counts.items()):
            return self
        return Histogram(Counter(self.counts) - Counter(earlier.counts))

    def quantile(self, share: float) -> float:
        """The value below which ``share`` (0–1) of the values lie. Not for an empty histogram."""
        wanted = share * self.count
        below = 0
        buckets = sorted(self.counts)
        for bucket in buckets:
            count = self.counts[bucket]
            if wanted <= below + count:
                return bucket.lower + bucket.width * (wanted - below) / count
            below += count
        return buckets[-1].lower + buckets[-1].width


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """All their values in one."""
    first, *rest = [*histograms] or [Histogram()]
    if not rest:
        return first
    counts = Counter(first.counts)
    for histogram in rest:
        counts.update(histogram.counts)
    return Histogram(counts)


Histograms = Mapping[str, Histogram]
"""By Envoy's name."""


class LastMinute:
    """Keeps what was read before, to tell what came since.

    The first minute of readings is compared with nothing, so it is all that Envoy has seen.
    """

    def __init__(self) -> None:
        self._read: deque[tuple[float, Histograms]] = deque()

    def add(self, now: float, read: Histograms) -> Histograms:
        """Each of ``read`` since the newest reading that is at least a minute old.

        ``now`` is in seconds and does not go back.
        """
        while len(self._read) > 1 and self._read[1][0] <= now - WINDOW_SECONDS:
            self._read.popleft()
        before: Histograms = {}
        if self._read and self._read[0][0] <= now - WINDOW_SECONDS:
            before = self._read[0][1]
        self._read.append((now, read))
        return {name: new.since(before.get(name, Histogram())) for name, new in read.items()}

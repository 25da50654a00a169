"""The spans that wait for one collector, bounded by bytes, and what became of the others. No IO."""

from __future__ import annotations

import enum
import itertools
from collections import deque
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


class Dropped(enum.Enum):
    """Why spans were not exported; the values are those of the metric's label ``reason``."""

    FULL = "full"
    """The backlog had no room for them."""
    EXPIRED = "expired"
    """The collector did not take them in time."""
    REFUSED = "refused"
    """The collector answered that they are wrong."""
    STOPPED = "stopped"
    """The mesh stopped before they could be sent."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Spans that came together."""

    body: bytes
    """Proto3 ``ListOfSpans``; two of them joined are one."""
    spans: int
    """How many are in it."""
    taken_at: float
    """Seconds of a clock that only goes forward."""


class BacklogMetrics:
    """received = exported + dropped + waiting, for each telemeter and at every moment."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *more_labels: str) -> Counter:
            labels = ("telemeter", *more_labels)
            return Counter(f"clew_relay_spans_{name}", text, labels, registry=registry)

        self.received = counter("received", "Spans to be exported to this telemeter.")
        self.exported = counter("exported", "Spans that this telemeter's collector has taken.")
        self.dropped = counter("dropped", "Spans that it will never get, by reason.", "reason")
        self.waiting = Gauge(
            "clew_relay_spans_waiting",
            "Spans in the backlog, those being sent among them.",
            ("telemeter",),
            registry=registry,
        )


class Backlog:
    """A queue whose head is looked at while it is being sent, and leaves when that is settled."""

    def __init__(self, telemeter: str, metrics: BacklogMetrics, *, max_bytes: int) -> None:
        self._batches: deque[Batch] = deque()
        self.bytes = 0
        """Of all that waits."""
        self._max_bytes = max_bytes
        self._received = metrics.received.labels(telemeter)
        self._exported = metrics.exported.labels(telemeter)
        self._dropped = {why: metrics.dropped.labels(telemeter, why.value) for why in Dropped}
        self._waiting = metrics.waiting.labels(telemeter)

    def __len__(self) -> int:
        """Batches that wait."""
        return len(self._batches)

    def offer(self, batch: Batch) -> bool:
        """Takes the batch to the end; False when there was no room and it is dropped."""
        self._received.inc(batch.spans)
        if self.bytes + len(batch.body) > self._max_bytes:
            self._dropped[Dropped.FULL].inc(batch.spans)
            return False
        self._batches.append(batch)
        self.bytes += len(batch.body)
        self._waiting.inc(batch.spans)
        return True

    def head(self, max_bytes: int) -> list[Batch]:
        """The oldest batches that together are at most ``max_bytes``, but at least one if any."""
        head: list[Batch] = []
        room = max_bytes
        for batch in self._batches:
            room -= len(batch.body)
            if head and room < 0:
                break
            head.append(batch)
        return head

    def exported(self, batches: int) -> int:
        """The oldest ``batches`` have arrived; returns how many spans that were."""
        spans = self._forget(batches)
        self._exported.inc(spans)
        return spans

    def drop(self, batches: int, why: Dropped) -> int:
        """Gives up the oldest ``batches``; returns how many spans that were."""
        spans = self._forget(batches)
        self._dropped[why].inc(spans)
        return spans

    def drop_older_than(self, moment: float) -> int:
        """Gives up what was taken before ``moment``; returns how many spans that were."""
        old = sum(1 for _ in itertools.takewhile(lambda b: b.taken_at < moment, self._batches))
        return self.drop(old, Dropped.EXPIRED)

    def _forget(self, batches: int) -> int:
        gone = [self._batches.popleft() for _ in range(batches)]
        spans = sum(batch.spans for batch in gone)
        self.bytes -= sum(len(batch.body) for batch in gone)
        self._waiting.dec(spans)
        return spans

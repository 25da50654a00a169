"""What happened to every message and span: nothing is lost in silence.

The counts add up at every moment: accepted = stored + dropped + waiting, in spans. Messages and
spans have Zipkin's names in ``/metrics`` and ``/prometheus``; what Zipkin does not count has ours.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SAMPLED_OUT = "sampled out"
"""Why a span was dropped: the sample rate leaves its trace out."""
REFUSED_BY_STORE = "refused by the store"
"""Why spans were dropped: the store will never take them. Their segment is kept aside."""

REJECTED = "rejected"
"""Why a span was dropped: its ids are none. The rest of its message was taken, its sender told."""
NO_ROOM = "no room"
"""Why a span was dropped: too many waited for the store, and senders are not to be refused."""
NOT_LOGGED = "not logged"
"""Why a span was dropped: the log could not be written, and senders are not to be refused."""

REPLAY = "replay"
"""The transport of spans that an earlier process accepted and this one found in the log."""

_COUNTERS = ("messages", "messages_dropped", "bytes", "spans", "spans_dropped")
_GAUGES = ("message_spans", "message_bytes")


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Where the spans that this process accepted are now."""

    accepted: int
    """Decoded and acknowledged, before sampling; replayed ones included."""
    stored: int
    dropped: Mapping[str, int]
    """By reason."""
    waiting: int
    """In the log, and not yet in the store."""

    @property
    def balanced(self) -> bool:
        """True unless a span was lost in silence, or counted twice."""
        return self.accepted == self.stored + sum(self.dropped.values()) + self.waiting


class Counts(Collector):
    """Counters of one process, for any thread; a Prometheus collector of its own."""

    def __init__(self, *transports: str) -> None:
        """``transports`` are shown from the start, with zeros."""
        self._lock = threading.Lock()
        self._counters: dict[str, Counter[str]] = {name: Counter() for name in _COUNTERS}
        self._gauges: dict[str, dict[str, int]] = {name: {} for name in _GAUGES}
        self._refused: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._malformed = 0
        self._stored = 0
        self._waiting = 0
        for transport in transports:
            self._seen(transport)

    def message(self, transport: str) -> None:
        """A message came, whatever becomes of it."""
        with self._lock:
            self._seen(transport)
            self._counters["messages"][transport] += 1

    def message_bytes(self, transport: str, size: int) -> None:
        """It holds ``size`` bytes, decompressed."""
        with self._lock:
            self._counters["bytes"][transport] += size
            self._gauges["message_bytes"][transport] = size

    def message_dropped(self, transport: str) -> None:
        """It was answered with an error, and the sender knows."""
        with self._lock:
            self._counters["messages_dropped"][transport] += 1

    def message_refused(self, transport: str, reason: str) -> None:
        """It was answered with "try again later"; ``reason`` in a few words."""
        with self._lock:
            self._counters["messages_dropped"][transport] += 1
            self._refused[reason] += 1

    def malformed_request(self) -> None:
        """Something came to the port that is no HTTP."""
        with self._lock:
            self._malformed += 1

    def accepted(self, transport: str, kept: int, sampled_out: int) -> None:
        """A message's spans: those in the log, which wait from now on, and those left out."""
        with self._lock:
            self._seen(transport)
            self._counters["spans"][transport] += kept + sampled_out
            self._counters["spans_dropped"][transport] += sampled_out
            self._gauges["message_spans"][transport] = kept + sampled_out
            self._waiting += kept
            if sampled_out:
                self._dropped[SAMPLED_OUT] += sampled_out

    def left_out(self, transport: str, spans: int, reason: str) -> None:
        """Spans of an accepted message that never went into the log."""
        with self._lock:
            self._seen(transport)
            self._counters["spans"][transport] += spans
            self._counters["spans_dropped"][transport] += spans
            self._dropped[reason] += spans

    def stored(self, spans: int) -> None:
        """So many waiting spans are in the store."""
        with self._lock:
            self._waiting -= spans
            self._stored += spans

    def dropped(self, spans: Mapping[str, int], reason: str) -> None:
        """Waiting spans, by transport, will never be in the store."""
        with self._lock:
            for transport, number in spans.items():
                self._counters["spans_dropped"][transport] += number
                self._waiting -= number
                self._dropped[reason] += number

    def totals(self) -> Totals:
        """All at one moment."""
        with self._lock:
            return Totals(
                accepted=sum(self._counters["spans"].values()),
                stored=self._stored,
                dropped=dict(self._dropped),
                waiting=self._waiting,
            )

    def as_zipkin(self) -> dict[str, int]:
        """The flat document of ``/metrics``."""
        with self._lock:
            return {
                f"{kind}.zipkin_collector.{name}.{transport}": value
                for kind, family in (("counter", self._counters), ("gauge", self._gauges))
                for name, values in family.items()
                for transport, value in values.items()
            }

    def collect(self) -> Iterator[Metric]:
        """The samples of ``/prometheus``, all of one moment."""
        with self._lock:
            counters = {name: dict(values) for name, values in self._counters.items()}
            gauges = {name: dict(values) for name, values in self._gauges.items()}
            dropped, refused = dict(self._dropped), dict(self._refused)
            stored, waiting, malformed = self._stored, self._waiting, self._malformed
        for name, values in counters.items():
            yield _family(CounterMetricFamily, f"zipkin_collector_{name}", "transport", values)
        for name, values in gauges.items():
            yield _family(GaugeMetricFamily, f"zipkin_collector_{name}", "transport", values)
        yield _family(CounterMetricFamily, "clew_spans_dropped", "reason", dropped)
        yield _family(CounterMetricFamily, "clew_messages_refused", "reason", refused)
        accepted = sum(counters["spans"].values())
        for name, value in (
            ("clew_malformed_requests", malformed),
            ("clew_spans_accepted", accepted),
            ("clew_spans_stored", stored),
        ):
            yield CounterMetricFamily(name, _HELP[name], value)
        yield GaugeMetricFamily("clew_spans_waiting", _HELP["clew_spans_waiting"], waiting)

    def _seen(self, transport: str) -> None:
        for counter in self._counters.values():
            counter.setdefault(transport, 0)
        for gauge in self._gauges.values():
            gauge.setdefault(transport, 0)


_HELP = {
    "zipkin_collector_messages": "Messages received.",
    "zipkin_collector_messages_dropped": "Messages answered with an error.",
    "zipkin_collector_bytes": "Bytes received, decompressed.",
    "zipkin_collector_spans": "Spans accepted, before sampling.",
    "zipkin_collector_spans_dropped": "Spans sampled out, or refused by the store.",
    "zipkin_collector_message_spans": "Spans in the last message.",
    "zipkin_collector_message_bytes": "Bytes in the last message.",
    "clew_spans_dropped": "Spans accepted and not stored, by reason.",
    "clew_messages_refused": "Messages whose sender was told to try again later, by reason.",
    "clew_malformed_requests": "Requests to the port that were no HTTP.",
    "clew_spans_accepted": "Spans accepted: stored, dropped or waiting.",
    "clew_spans_stored": "Spans in the store.",
    "clew_spans_waiting": "Spans in the log, and not yet in the store.",
}


def _family(
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    label: str,
    values: Mapping[str, int],
) -> Metric:
    family = kind(name, _HELP[name], labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family

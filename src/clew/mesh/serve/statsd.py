"""Metrics as StatsD wants them: what is new since the last report, a line each. Pure.

A line is a dotted name, a value and a type, ``linkerd.rt.out.service.svc_hello.requests:12|c``.
Values of a distribution come once for each bucket that they fell into, as a sample of as many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from clew.mesh.serve.histogram import Histogram
from clew.mesh.serve.metrics import Count, Distribution, Metric, Scope

GAUGES = frozenset({"connections", "pending", "loadbalancer/size", "loadbalancer/available"})
"""Counts that also fall; all others are sent as what was added."""
PACKET_BYTES = 1432
"""Of one datagram, so that none is split on the way."""

_Key = tuple[Scope, str]


class Reports:
    """Remembers what was told last."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._counts: Mapping[_Key, int] = {}
        self._totals: Mapping[_Key, Histogram] = {}

    def next(self, metrics: Iterable[Metric]) -> list[str]:
        """The lines of one report. The first tells everything since Envoy's start."""
        metrics = list(metrics)
        lines = [line for metric in metrics for line in self._lines(metric)]
        self._counts = {(m.scope, m.name): m.value for m in metrics if isinstance(m, Count)}
        self._totals = {(m.scope, m.name): m.total for m in metrics if isinstance(m, Distribution)}
        return lines

    def _lines(self, metric: Metric) -> Iterator[str]:
        name = f"{self._prefix}.{_dotted(metric)}" if self._prefix else _dotted(metric)
        key = (metric.scope, metric.name)
        match metric:
            case Count(name=own, value=value) if own in GAUGES:
                yield f"{name}:{value}|g"
            case Count(value=value):
                before = self._counts.get(key, 0)
                # after a restart of Envoy that is everything
                added = value - before if value >= before else value
                if added:
                    yield f"{name}:{added}|c"
            case Distribution(total=total):
                for bucket, count in total.since(self._totals.get(key, Histogram())).counts.items():
                    middle = f"{bucket.lower + bucket.width / 2:g}"
                    yield f"{name}:{middle}|ms" + (f"|@{1 / count:g}" if count > 1 else "")
            case _:
                assert_never(metric)


def packets(lines: Iterable[str], size: int = PACKET_BYTES) -> Iterator[bytes]:
    """As few datagrams as they fit into; a line that is too long for one is left out."""
    packet = b""
    for line in lines:
        encoded = line.encode()
        if len(encoded) > size:
            continue
        if packet and len(packet) + 1 + len(encoded) > size:
            yield packet
            packet = b""
        packet = packet + b"\n" + encoded if packet else encoded
    if packet:
        yield packet


def _dotted(metric: Metric) -> str:
    labels = (part for label in metric.scope.labels for part in label)
    return ".".join(_plain(part.strip("/")) for part in (*labels, *metric.name.split("/")))


def _plain(part: str) -> str:
    """Without what has a meaning in a line or for those who read it."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", part)

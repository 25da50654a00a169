"""How fast the endpoints of each cluster have lately been, and what that is worth. No IO.

Envoy's balancers do not look at latency, but they keep to weights: an endpoint that takes twice as
long as the fastest gets a quarter of its requests, and at least a hundredth, so that its recovery
is seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from clew.mesh.xds.endpoints import Speeds
from clew.mesh.xds.latency_log import Seen

LEAST_SPEED = 0.01
MOST_ATTEMPTS = 50.0
"""That an average remembers: with many requests it follows within fewer seconds than it decays."""
FORGOTTEN = 0.1
"""Of one attempt left after decay: the endpoint counts as new, and so as the fastest."""
HYSTERESIS = 0.75
"""Of a step, which is a factor of 2. A smaller change is not worth an update."""


@dataclass(slots=True)
class _Average:
    """Of one endpoint. Old attempts count less and less."""

    seconds: float = 0.0
    attempts: float = 0.0
    at: float = 0.0
    """When both were last brought up to date."""
    step: int = 0
    """How often its speed is halved."""

    def age(self, now: float, decay: float) -> None:
        left = math.exp((self.at - now) / decay)
        self.seconds *= left
        self.attempts *= left
        self.at = now

    def add(self, seconds: float) -> None:
        self.seconds += seconds
        self.attempts += 1.0
        if self.attempts > MOST_ATTEMPTS:
            self.seconds *= MOST_ATTEMPTS / self.attempts
            self.attempts = MOST_ATTEMPTS

    def compare(self, fastest: float) -> float:
        """Its speed when the fastest takes ``fastest`` seconds, in steps."""
        behind = 2 * math.log2(max(1.0, self.seconds / self.attempts / fastest))
        if abs(behind - self.step) > HYSTERESIS:
            self.step = round(behind)
        return max(LEAST_SPEED, 0.5**self.step)


@dataclass(slots=True)
class _Cluster:
    decay: float
    endpoints: dict[str, _Average] = field(default_factory=dict)


class Latencies:
    """Of all clusters that are balanced by it. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._clusters: dict[str, _Cluster] = {}

    def follow(self, decays: Mapping[str, float]) -> None:
        """These clusters from now on, each with the seconds in which an attempt loses its weight
        (to 1/e); others are forgotten."""
        self._clusters = {
            name: known
            if (known := self._clusters.get(name)) is not None and known.decay == decay
            else _Cluster(decay)
            for name, decay in decays.items()
        }

    def observe(self, seen: Seen, now: float) -> None:
        """An attempt that ended just now."""
        if (cluster := self._clusters.get(seen.cluster)) is None:
            return
        average = cluster.endpoints.setdefault(seen.endpoint, _Average(at=now))
        average.age(now, cluster.decay)
        average.add(seen.seconds)

    def speeds(self, now: float) -> dict[str, Speeds]:
        """By cluster, for those in which some endpoint is slower than the fastest."""
        found = {name: _speeds(cluster, now) for name, cluster in self._clusters.items()}
        return {name: speeds for name, speeds in found.items() if speeds}


def _speeds(cluster: _Cluster, now: float) -> Speeds:
    for endpoint, average in list(cluster.endpoints.items()):
        average.age(now, cluster.decay)
        if average.attempts < FORGOTTEN:
            del cluster.endpoints[endpoint]
    averages = cluster.endpoints
    if len(averages) < 2:
        return {}
    fastest = max(1e-6, min(each.seconds / each.attempts for each in averages.values()))
    speeds = {endpoint: average.compare(fastest) for endpoint, average in averages.items()}
    return {endpoint: speed for endpoint, speed in speeds.items() if speed < 1.0}

"""``loadBalancer``: which endpoint of a replica set gets the next request."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clew.mesh.config.section import Amount, Count, DefaultKind, KindSection, Positive

_AS_P2C = "the less loaded of two endpoints is taken, as by p2c"


class _Balancer(KindSection, frozen=True, kw_only=True):
    """A way of choosing."""

    no_effect: ClassVar = {
        "enable_probation": "an endpoint that discovery drops gets no more requests",
        "max_effort": "Envoy chooses among the endpoints that failureAccrual leaves",
    }

    enable_probation: bool = False
    """Keep using an endpoint that discovery has dropped while it answers."""


class P2C(_Balancer, frozen=True, kw_only=True, tag="p2c"):
    """The less loaded of two taken at random."""

    max_effort: Count = 5


class Ewma(_Balancer, frozen=True, kw_only=True, tag="ewma"):
    """Endpoints that answer faster get more requests, by latency squared, up to 100 to 1. Latencies
    are compared every second."""

    max_effort: Count = 5
    decay_time_ms: Positive = 10_000
    """Milliseconds after which a latency counts for a third."""


class Aperture(_Balancer, frozen=True, kw_only=True, tag="aperture"):
    """Only as many endpoints as the load needs."""

    idle = _AS_P2C

    max_effort: Count = 5
    smooth_window_ms: Positive = 5_000
    low_load: Amount = 0.5
    high_load: Amount = 2.0
    min_aperture: Positive = 1


class Heap(_Balancer, frozen=True, kw_only=True, tag="heap"):
    """The least loaded of all."""

    idle = _AS_P2C


class RoundRobin(_Balancer, frozen=True, kw_only=True, tag="roundRobin"):
    """One after the other."""

    max_effort: Count = 5


LoadBalancer = Annotated[P2C | Ewma | Aperture | Heap | RoundRobin, DefaultKind("p2c")]

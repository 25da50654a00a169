"""``failureAccrual``: when an endpoint that fails is left alone for a while."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.retries import Backoff, JitteredBackoff
from clew.mesh.config.section import DefaultKind, KindSection, Positive, Share

_BACKOFF = JitteredBackoff(min_ms=5_000, max_ms=300_000)


class ConsecutiveFailures(KindSection, frozen=True, kw_only=True, tag="io.l5d.consecutiveFailures"):
    """After so many failures in a row."""

    failures: Positive = 5
    backoff: Backoff = _BACKOFF


class SuccessRate(KindSection, frozen=True, kw_only=True, tag="io.l5d.successRate"):
    """When too few of the last requests succeed."""

    success_rate: Share
    requests: Positive
    backoff: Backoff = _BACKOFF


class SuccessRateWindowed(KindSection, frozen=True, kw_only=True, tag="io.l5d.successRateWindowed"):
    """When too few requests of the last seconds succeed."""

    success_rate: Share
    window: Positive
    """Seconds."""
    backoff: Backoff = _BACKOFF


class NoFailureAccrual(KindSection, frozen=True, kw_only=True, tag="none"):
    """Never."""


FailureAccrual = Annotated[
    ConsecutiveFailures | SuccessRate | SuccessRateWindowed | NoFailureAccrual,
    DefaultKind("io.l5d.consecutiveFailures"),
]

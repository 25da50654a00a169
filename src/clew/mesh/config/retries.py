"""``retries``, ``requeueBudget`` and ``backoff``: how often and how soon to try again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from clew.mesh.config.section import Amount, Conflict, Count, KindSection, Section


class Budget(Section, frozen=True, kw_only=True):
    """Retries that a service may cost, beside its requests."""

    no_effect: ClassVar = {"ttl_secs": "Envoy counts the requests and retries under way"}

    min_retries_per_sec: Count = 10
    percent_can_retry: Amount = 0.2
    """A fraction: 0.2 is one retry for five requests."""
    ttl_secs: Count = 10
    """Seconds for which a request counts."""


class ConstantBackoff(KindSection, frozen=True, kw_only=True, tag="constant"):
    """The same pause each time."""

    ms: Count = 0


class JitteredBackoff(KindSection, frozen=True, kw_only=True, tag="jittered"):
    """Longer and longer random pauses."""

    min_ms: Count
    max_ms: Count

    def conflicts(self) -> Iterator[Conflict]:
        if self.min_ms > self.max_ms:
            yield Conflict(self, "min_ms", f"minMs {self.min_ms} is above maxMs {self.max_ms}")


Backoff = ConstantBackoff | JitteredBackoff


class Retries(Section, frozen=True, kw_only=True):
    """For answers that the classifier calls retryable."""

    budget: Budget = Budget()
    backoff: Backoff = ConstantBackoff()

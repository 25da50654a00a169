"""What became of spans that were sent to a collector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """The collector has the spans."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The collector will never take these spans."""

    why: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The same post may succeed later."""

    why: str
    retry_after: float | None = None
    """Seconds that the collector asked for."""


Answer = Taken | Refused | Unavailable

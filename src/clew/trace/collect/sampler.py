"""Which traces are kept: Zipkin's boundary sampler, a pure function of the trace id."""

from __future__ import annotations

from dataclasses import dataclass

from clew.errors import ClewError
from clew.span.model import Span

_LONG_MAX = 2**63 - 1


class BadSampleRate(ClewError):
    """A rate outside 0 to 1."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """Keeps about ``rate`` of all traces, and every span whose caller asked for it (debug).

    Every collector with the same rate decides the same for every span of a trace, also when some
    report its id with 16 and others with 32 characters.
    """

    rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise BadSampleRate(f"the sample rate is {self.rate:g}", "use a number from 0 to 1")

    def keeps(self, span: Span) -> bool:
        """Whether ``span`` is to be stored."""
        if span.debug:
            return True
        low = int(span.trace_id[-16:], 16)
        # the id is a signed long, and its distance from 0 decides; the least long has none, so in
        # Java it counts as the greatest
        distance = low if low <= _LONG_MAX else min(2**64 - low, _LONG_MAX)
        return distance <= int(_LONG_MAX * self.rate)

    def kept(self, spans: list[Span]) -> list[Span]:
        """Those of ``spans`` that are to be stored; the same list when all are."""
        return spans if self.rate == 1 else [span for span in spans if self.keeps(span)]

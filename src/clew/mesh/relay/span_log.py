"""Spans in the log: the telemeter ``io.l5d.tracelog``."""

from __future__ import annotations

import logging

from clew.span.json_v2 import encode
from clew.span.model import Span

log = logging.getLogger(__name__)


class SpanLog:
    """Writes each span as a line of Zipkin's JSON."""

    def __init__(self, sample_rate: float, level: str) -> None:
        """``sample_rate`` is a share of the requests that are traced."""
        self._rate = sample_rate
        self._level = logging.getLevelNamesMapping().get(level, logging.DEBUG)

    def see(self, span: Span) -> None:
        """Every span of the mesh, as it is exported."""
        # the end of the id is random, and the same for every span of a request
        if int(span.trace_id[-8:], 16) < self._rate * 2**32 and log.isEnabledFor(self._level):
            log.log(self._level, "%s", encode(span).decode())

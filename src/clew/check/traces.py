"""The trace server, asked for the traces of the last hour."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpx
import msgspec

from clew.check.steps import Trace, Traces
from clew.errors import ClewError
from clew.span.model import Span
from clew.span.normal import InvalidSpan, normal_list

LOOKBACK_MS = 3_600_000
SETTLED_MS = 10_000
"""Spans of a trace that began longer ago have mostly arrived."""
MOST = 1000
"""Traces; the newest."""
SECONDS = 30.0
"""For the answer."""


class TracesAway(ClewError):
    """No trace server answers at this URL."""

    exit_code = 1


def recent(base_url: str) -> Traces:
    """Of any Zipkin server; those that may grow only if there are no others. Raises TracesAway."""
    settled = _asked(base_url, {"endTs": round(time.time() * 1000) - SETTLED_MS})
    return settled or _asked(base_url, {})


def _asked(base_url: str, window: Mapping[str, int]) -> Traces:
    url = f"{base_url.rstrip('/')}/api/v2/traces"
    try:
        answer = httpx.get(
            url,
            params={"lookback": LOOKBACK_MS, "limit": MOST, **window},
            timeout=SECONDS,
            trust_env=False,
        )
        answer.raise_for_status()
        read = msgspec.json.decode(answer.content, type=list[list[Span]])
        return [Trace(normal_list(spans)) for spans in read]
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, InvalidSpan) as error:
        why = str(error) or type(error).__name__
        raise TracesAway(f"{url} does not answer with traces: {why}") from error

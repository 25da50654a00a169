"""The last requests, as ``/requests`` shows them. No IO."""

from __future__ import annotations

import datetime
from collections import OrderedDict, deque
from collections.abc import Iterator

from clew.span.model import Endpoint, Kind, Span

HEADINGS = (
    "Timestamp",
    "Source",
    "Server",
    "Router",
    "Logical Name",
    "Concrete Name",
    "Destination",
)
_DESTINATIONS = 4
"""Attempts remembered for each request that is kept; they come before it ends."""


class RecentRequests:
    """Remembers the last of the requests that are traced."""

    def __init__(self, sample_rate: float, capacity: int) -> None:
        """``sample_rate`` is a share of those that are traced."""
        self._rate = sample_rate
        self._servers: deque[Span] = deque(maxlen=capacity)
        self._destinations: OrderedDict[str, str] = OrderedDict()
        """By the id of the server's span, where the last attempt went."""
        self._room = capacity * _DESTINATIONS

    def see(self, span: Span) -> None:
        """Every span of the mesh, as it is exported."""
        # the end of the id is random, and the same for every span of a request
        if int(span.trace_id[-8:], 16) >= self._rate * 2**32:
            return
        if span.kind is Kind.SERVER:
            self._servers.append(span)
        elif span.kind is Kind.CLIENT and span.parent_id is not None:
            self._destinations[span.parent_id] = _place(span.remote_endpoint)
            while len(self._destinations) > self._room:
                self._destinations.popitem(last=False)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The newest first, under HEADINGS."""
        for span in reversed(self._servers):
            at = datetime.datetime.fromtimestamp((span.timestamp or 0) / 1e6, datetime.UTC)
            yield (
                at.isoformat(timespec="milliseconds"),
                _place(span.remote_endpoint),
                span.service or "",
                span.tags.get("router.label", ""),
                span.tags.get("service", ""),
                span.tags.get("client", ""),
                self._destinations.get(span.id, ""),
            )


def _place(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return ""
    if endpoint.ipv4 is None and endpoint.ipv6 is not None:
        return f"[{endpoint.ipv6}]:{endpoint.port}"
    return f"{endpoint.ipv4}:{endpoint.port}"

"""The last requests, as ``/requests`` and ``/requests.json`` show them. No IO."""

from __future__ import annotations

import datetime
from collections import OrderedDict, deque
from collections.abc import Iterator

import msgspec

from clew.span.model import Endpoint, Kind, Micros, Span

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


class RecentRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request as a router saw it. Texts are empty where the span did not say."""

    trace_id: str
    id: str
    """Of the server's span."""
    timestamp: Micros
    """Epoch microseconds; 0 when unknown."""
    duration: Micros | None
    """Microseconds; None when unknown."""
    source: str
    """``10.0.0.9:5000``, who asked."""
    server: str
    """``0.0.0.0/4140``."""
    router: str
    name: str
    """The logical name, ``/svc/web``."""
    client: str
    """The bound id that it went to."""
    destination: str
    """Where the last attempt went, ``10.0.0.1:80``."""
    status: str
    """The HTTP status of the answer."""
    error: bool


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

    def requests(self) -> Iterator[RecentRequest]:
        """The newest first."""
        for span in reversed(self._servers):
            yield RecentRequest(
                trace_id=span.trace_id,
                id=span.id,
                timestamp=span.timestamp or Micros(0),
                duration=span.duration,
                source=_place(span.remote_endpoint),
                server=span.service or "",
                router=span.tags.get("router.label", ""),
                name=span.tags.get("service", ""),
                client=span.tags.get("client", ""),
                destination=self._destinations.get(span.id, ""),
                status=span.tags.get("http.status_code", ""),
                error="error" in span.tags,
            )

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The newest first, under HEADINGS."""
        for seen in self.requests():
            at = datetime.datetime.fromtimestamp(seen.timestamp / 1e6, datetime.UTC)
            yield (
                at.isoformat(timespec="milliseconds"),
                seen.source,
                seen.server,
                seen.router,
                seen.name,
                seen.client,
                seen.destination,
            )


def _place(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return ""
    if endpoint.ipv4 is None and endpoint.ipv6 is not None:
        return f"[{endpoint.ipv6}]:{endpoint.port}"
    return f"{endpoint.ipv4}:{endpoint.port}"

"""Envoy's own admin interface, over its unix socket: what it counts, and its drain commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx
import msgspec

from clew.errors import ClewError

TIMEOUT = httpx.Timeout(10.0, connect=1.0)
"""Seconds. With 10,000 names the statistics are tens of megabytes."""


class EnvoyUnreachable(ClewError):
    """Envoy does not answer on its admin socket: it starts, restarts or is gone."""


@dataclass(frozen=True, slots=True)
class Load:
    """What clients have open on all listeners right now."""

    connections: int
    requests: int


class _Stat(msgspec.Struct):
    name: str = ""
    value: int | str = 0


class _Stats(msgspec.Struct):
    stats: list[_Stat]


class _SocketAddress(msgspec.Struct, frozen=True):
    address: str
    port_value: int = 0

    @property
    def text(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port_value}"


class _Address(msgspec.Struct, frozen=True):
    socket_address: _SocketAddress


class _Listener(msgspec.Struct, frozen=True):
    name: str
    local_address: _Address


class _Listeners(msgspec.Struct, frozen=True):
    listeners: list[_Listener] = msgspec.field(default_factory=list, name="listener_statuses")


class EnvoyAdmin:
    """One Envoy's admin interface. Every method raises EnvoyUnreachable when it is not there."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        # a kept connection would outlive the Envoy at its other end
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(socket), limits=limits, verify=False),
            base_url="http://envoy",
            timeout=TIMEOUT,
        )

    async def __aenter__(self) -> EnvoyAdmin:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the socket."""
        await self._client.aclose()

    async def answers(self) -> bool:
        """Whether the interface is there at all."""
        try:
            await self._request("GET", "/ready")
        except EnvoyUnreachable:
            return False
        return True

    async def live_listeners(self) -> dict[str, str]:
        """``host:port`` of the listeners that accept connections, by their name.

        There is none before Envoy's workers run.
        """
        ready = await self._request("GET", "/ready")
        if ready.status_code != 200:
            return {}
        body = (await self._request("GET", "/listeners", format="json")).content
        decoded = msgspec.json.decode(body, type=_Listeners)
        return {each.name: each.local_address.socket_address.text for each in decoded.listeners}

    async def statistics(self, pattern: str = "") -> bytes:
        """The JSON of all used counters, gauges and histogram buckets whose name has ``pattern``.

        ``pattern`` is an RE2 expression. Histograms are as of the last flush (every 5 s).
        """
        answer = await self._request(
            "GET", "/stats?usedonly", format="json", histogram_buckets="detailed", filter=pattern
        )
        return answer.content

    async def hosts(self) -> bytes:
        """The JSON of every cluster with its endpoints and their counts."""
        return (await self._request("GET", "/clusters", format="json")).content

    async def counts(self, pattern: str) -> dict[str, int]:
        """Counters and gauges whose name has ``pattern``, by name; zero when never used."""
        answer = await self._request("GET", "/stats", format="json", filter=pattern)
        decoded = msgspec.json.decode(answer.content, type=_Stats)
        return {stat.name: int(stat.value) for stat in decoded.stats if stat.name}

    async def load(self) -> Load:
        """Connections and requests of clients; the admin interface itself does not count."""
        counts = await self.counts(r"^http\..*\.downstream_(cx|rq)_active$")
        mine = {name: value for name, value in counts.items() if not name.startswith("http.admin.")}
        return Load(
            connections=sum(v for name, v in mine.items() if name.endswith("cx_active")),
            requests=sum(v for name, v in mine.items() if name.endswith("rq_active")),
        )

    async def close_kept_connections(self) -> None:
        """From now on every reply asks its client to close (``connection: close``, GOAWAY)."""
        await self._request("POST", "/drain_listeners?graceful")

    async def refuse_connections(self) -> None:
        """Close the listening sockets; connections that are open go on."""
        await self._request("POST", "/drain_listeners")

    async def reopen_logs(self) -> None:
        """Open every access log anew, by its name; nothing of what was to be written is lost."""
        await self._request("POST", "/reopen_logs")

    async def _request(self, method: str, path: str, **query: str) -> httpx.Response:
        target = httpx.URL(path)
        for key, value in query.items():
            if value:
                target = target.copy_add_param(key, value)
        try:
            return await self._client.request(method, target)
        except httpx.HTTPError as error:
            raise EnvoyUnreachable(f"{self._socket}: Envoy does not answer: {error!r}") from error

"""What Consul says of a service: entries of its catalog or of its health, as endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import msgspec

from clew.mesh.naming.bound import Address

_MAINTENANCE = ("_node_maintenance", "_service_maintenance")
_WORST_FIRST = ("maintenance", "critical", "warning")


class _Entry(msgspec.Struct, rename="pascal"):
    """Of ``/v1/catalog/service/…``."""

    address: str = ""
    service_address: str = ""
    service_port: int = 0
    service_tags: list[str] | None = None


class _Node(msgspec.Struct, rename="pascal"):
    address: str = ""


class _Service(msgspec.Struct, rename="pascal"):
    address: str = ""
    port: int = 0
    tags: list[str] | None = None


class _Check(msgspec.Struct, rename="pascal"):
    check_id: str = msgspec.field(default="", name="CheckID")
    status: str = ""


class _Health(msgspec.Struct, rename="pascal"):
    """Of ``/v1/health/service/…``."""

    node: _Node
    service: _Service
    checks: list[_Check] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries count, and for how much."""

    statuses: Set[str] = frozenset()
    """Of ``passing``, ``warning``, ``critical`` and ``maintenance``; empty reads the catalog."""
    prefer_service_address: bool = True
    """Else the address of the node is used in any case."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """By tag; the highest of an entry's tags counts, 1 without any."""

    def read(self, content: bytes) -> frozenset[Address]:
        """The endpoints of an answer. Raises msgspec.DecodeError."""
        return frozenset(self._health(content) if self.statuses else self._catalog(content))

    def _catalog(self, content: bytes) -> Iterator[Address]:
        for entry in msgspec.json.decode(content, type=list[_Entry]):
            host = self._host(entry.service_address, entry.address)
            yield from self._address(host, entry.service_port, entry.service_tags)

    def _health(self, content: bytes) -> Iterator[Address]:
        for entry in msgspec.json.decode(content, type=list[_Health]):
            if _status(entry.checks or ()) in self.statuses:
                host = self._host(entry.service.address, entry.node.address)
                yield from self._address(host, entry.service.port, entry.service.tags)

    def _host(self, service: str, node: str) -> str:
        return (service or node) if self.prefer_service_address else node

    def _address(self, host: str, port: int, tags: Sequence[str] | None) -> Iterator[Address]:
        if host and 1 <= port <= 65535:
            weights = [self.weights[tag] for tag in tags or () if tag in self.weights]
            yield Address(host, port, max(weights, default=1.0))


def _status(checks: Sequence[_Check]) -> str:
    """The worst of an entry's checks."""
    found = {
        "maintenance" if check.check_id.startswith(_MAINTENANCE) else check.status
        for check in checks
    }
    return next((status for status in _WORST_FIRST if status in found), "passing")

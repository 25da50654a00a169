"""What nodes of ZooKeeper mean: server sets and leaders, as Twitter's commons write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from clew.mesh.naming.bound import Address
from clew.mesh.naming.path import Path


class _Endpoint(msgspec.Struct):
    host: str
    port: int


class _Member(msgspec.Struct, rename="camel"):
    service_endpoint: _Endpoint
    additional_endpoints: dict[str, _Endpoint] = msgspec.field(default_factory=dict)
    status: str = "ALIVE"


@dataclass(frozen=True, slots=True)
class ServerSet:
    """Every member that is alive. ``/<node>:<endpoint>`` names one of its other endpoints."""

    def node(self, path: Path) -> Path:
        *above, last = path.segments
        return Path((*above, last.partition(b":")[0] or last))

    def chosen(self, members: Iterable[str]) -> Iterable[str]:
        return members

    def addresses(self, path: Path, data: Mapping[str, bytes]) -> frozenset[Address]:
        endpoint = path.segments[-1].partition(b":")[2].decode()
        return frozenset(self._each(endpoint, data.values()))

    def _each(self, endpoint: str, data: Iterable[bytes]) -> Iterator[Address]:
        for content in data:
            member = msgspec.json.decode(content, type=_Member)
            place = member.service_endpoint
            if endpoint:
                named = member.additional_endpoints.get(endpoint)
                if named is None:
                    continue
                place = named
            if member.status == "ALIVE":
                yield Address(place.host, place.port)


@dataclass(frozen=True, slots=True)
class Leader:
    """The oldest member of an election; its data are ``host:port``, or several with commas."""

    def node(self, path: Path) -> Path:
        return path

    def chosen(self, members: Iterable[str]) -> Iterable[str]:
        oldest = min(members, default=None)
        return () if oldest is None else (oldest,)

    def addresses(self, path: Path, data: Mapping[str, bytes]) -> frozenset[Address]:
        return frozenset(
            _place(each.strip())
            for content in data.values()
            for each in content.decode().split(",")
        )


def _place(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError(f"the leader's data are not host:port: {text[:100]}")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))

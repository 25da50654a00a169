"""A bound name's addresses as EDS endpoints: one locality for each branch of a union.

Localities, because their weights are exact however many endpoints each branch has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, assert_never

from envoy.config.core.v3 import address_pb2, base_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2

from clew.mesh.naming.bound import (
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union
from clew.mesh.xds.metadata import NAMESPACE, TRANSPORT, metadata

WEIGHT_SCALE = 10_000
"""Envoy's weights are whole numbers; the heaviest of a group becomes this one."""

Speeds = Mapping[str, float]
"""By ``host:port`` of an endpoint, which part of its weight it keeps for being slow; else all."""
AS_FAST: Speeds = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Branch:
    """A share of the requests to a name, and what they go to."""

    share: float
    """Of all requests to the name; the shares of a name add up to 1."""
    bound: Bound

    @property
    def members(self) -> frozenset[Address]:
        """Empty when the set does not exist or is not known."""
        addr = self.bound.addr
        match addr:
            case Addresses(members):
                return members
            case AddrNeg() | AddrPending() | AddrFailed():
                return frozenset()
        assert_never(addr)


def branches(tree: NameTree[Bound], share: float = 1.0) -> tuple[Branch, ...]:
    """The branches that requests can take; none for a name that leads nowhere."""
    match tree:
        case Neg() | Fail() | Empty():
            return ()
        case Leaf(bound):
            return (Branch(share, bound),)
        case Alt(trees):
            # binding leaves none; the first is the one it would have chosen
            return branches(trees[0], share) if trees else ()
        case Union(weighted):
            total = sum(branch.weight for branch in weighted)
            taken = [b for b in weighted if b.weight > 0] if total else weighted
            shares = [b.weight / total if total else 1 / len(taken) for b in taken]
            return tuple(
                leaf
                for part, branch in zip(shares, taken, strict=True)
                for leaf in branches(branch.tree, share * part)
            )
    assert_never(tree)


def needs_dns(parts: Iterable[Branch]) -> bool:
    """Whether Envoy has to resolve one of the hosts; EDS takes IP addresses only."""
    return any(literal_ip(member.host) is None for part in parts for member in part.members)


@lru_cache(maxsize=16_384)
def literal_ip(host: str) -> str | None:
    """The IP address that ``host`` writes, or None for a name. ``127.1`` is 127.0.0.1 (inet(3))."""
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return _short_ipv4(host)


def load_assignment(
    name: str, parts: Sequence[Branch], speeds: Speeds = AS_FAST, *, secured: bool = False
) -> Any:
    """The endpoints of the cluster ``name``; none is a valid answer and means 502.

    ``secured``: they say their client id also to what chooses the TLS of a connection.
    """
    uses = Counter(place for part in parts for place in {(m.host, m.port) for m in part.members})
    if any(count > 1 for count in uses.values()):
        # Envoy keeps an address once: shares go to the hosts where two branches meet on one
        localities = [_merged(parts, speeds)]
    else:
        localities = [
            _locality(str(part.bound.id), weight, _weighted_members(part, speeds))
            for part, weight in zip(parts, _whole([part.share for part in parts]), strict=True)
            if part.members
        ]
    if secured:
        for endpoint in (each for locality in localities for each in locality.lb_endpoints):
            id = endpoint.metadata.filter_metadata[NAMESPACE]["id"]
            endpoint.metadata.filter_metadata[TRANSPORT]["id"] = id
    return endpoint_pb2.ClusterLoadAssignment(cluster_name=name, endpoints=localities)


_Placed = tuple[Address, Branch, float]
"""An address, the branch it is reached for, and its weight."""


def _weighted_members(part: Branch, speeds: Speeds) -> list[_Placed]:
    usable = [m for m in part.members if m.weight > 0] or list(part.members)
    return [(each, part, each.weight * speeds.get(_place(each), 1.0)) for each in sorted(usable)]


def _place(member: Address) -> str:
    """As Envoy prints an address."""
    host = literal_ip(member.host) or member.host
    return f"[{host}]:{member.port}" if ":" in host else f"{host}:{member.port}"


def _merged(parts: Sequence[Branch], speeds: Speeds) -> Any:
    placed: dict[tuple[str, int], _Placed] = {}
    for part in sorted(parts, key=lambda part: -part.share):
        members = _weighted_members(part, speeds)
        total = sum(weight for _, _, weight in members) or 1.0
        for member, _, weight in members:
            key = (member.host, member.port)
            first, owner, sofar = placed.get(key, (member, part, 0.0))
            placed[key] = (first, owner, sofar + part.share * weight / total)
    return _locality("", WEIGHT_SCALE, [placed[key] for key in sorted(placed)])


def _locality(sub_zone: str, weight: int, placed: Sequence[_Placed]) -> Any:
    weights = _whole([weight for _, _, weight in placed])
    return endpoint_components_pb2.LocalityLbEndpoints(
        locality=base_pb2.Locality(sub_zone=sub_zone),
        load_balancing_weight={"value": weight},
        lb_endpoints=[
            _endpoint(member, part.bound, host_weight if len(set(weights)) > 1 else None)
            for (member, part, _), host_weight in zip(placed, weights, strict=True)
        ],
    )


def _endpoint(member: Address, bound: Bound, weight: int | None) -> Any:
    host = literal_ip(member.host) or member.host
    socket = address_pb2.SocketAddress(address=host, port_value=member.port)
    notes = {"id": str(bound.id)}
    if bound.residual:
        notes["residual"] = str(bound.residual)
    return endpoint_components_pb2.LbEndpoint(
        endpoint=endpoint_components_pb2.Endpoint(
            address=address_pb2.Address(socket_address=socket)
        ),
        metadata=metadata(**notes),
        load_balancing_weight=None if weight is None else {"value": weight},
    )


def _whole(weights: Sequence[float]) -> list[int]:
    heaviest = max(weights, default=0.0)
    if heaviest <= 0:
        return [1] * len(weights)
    return [max(1, round(weight / heaviest * WEIGHT_SCALE)) for weight in weights]


def _short_ipv4(host: str) -> str | None:
    """``a.b`` and ``a.b.c``: the last number fills the bytes that are left."""
    parts = host.split(".")
    if not 1 < len(parts) <= 4 or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    *head, last = (int(part) for part in parts)
    room = 8 * (4 - len(head))
    if any(byte > 255 for byte in head) or last >= 1 << room:
        return None
    value = last
    for index, byte in enumerate(head):
        value |= byte << (24 - 8 * index)
    return str(ip_address(value))

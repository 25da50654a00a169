"""Transformers that know nodes: the mesh beside each endpoint, and the endpoints beside this mesh.

Kubernetes says on which node an endpoint runs, and that decides. Linkerd compared the first 24 bits
of addresses, which holds on few networks today; it is done only where nodes are not known.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple, assert_never

from clew.mesh.binding.ids import id_prefix
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.path import Path

_PREFIX_BITS = {4: 24, 6: 64}
"""Of the addresses of one node, by IP version."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where this mesh runs."""

    ips: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    """The addresses of this machine."""
    pod_ip: str = ""
    """That of the pod, ``POD_IP``; empty when unknown."""
    name: str = ""
    """That of the Kubernetes node, ``NODE_NAME``; empty when unknown."""


UNKNOWN_NODE = Node()


class _Edit(NamedTuple):
    addr: Addr
    advice: str = ""
    """What operators should know; empty when all is well."""


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """In place of endpoints the gateway on the node of each."""

    gateways: Path
    """Where a namer answers which there are."""
    kind: Path
    """``/io.l5d.k8s.daemonset/<namespace>/<port>/<service>``"""
    host_network: bool = False
    """Addresses are those of nodes, and say nothing of each other."""
    answer: Answer = field(default_factory=Waiting)
    """What is said of the gateways."""
    prefix: Path | None = None
    """Instead of ``kind`` in the id; None is that."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.k8s.daemonset/default/incoming/l5d``"""
        return id_prefix(self.kind if self.prefix is None else self.prefix)

    def edit(self, bound: Bound) -> Bound:
        """The bound name with gateways as its addresses."""
        return replace(bound, id=self.id_prefix + bound.id, addr=self._edit(bound).addr)

    def advice(self, bound: Bound) -> str:
        """What operators should know about this name; empty when all is well."""
        return self._edit(bound).advice

    def _edit(self, bound: Bound) -> _Edit:
        if not isinstance(bound.addr, Addresses):
            return _Edit(bound.addr)
        match self.answer:
            case Waiting():
                return _Edit(AddrPending())
            case Broken(why):
                return _Edit(AddrFailed(why), why)
            case Missing() | BoundTree():
                return _Edit(AddrNeg(), f"{self.kind}: there is no such service, or no such port")
            case Bound(addr=Addresses(gateways)):
                return self._choose(bound, bound.addr.members, gateways)
            case Bound(addr=addr):
                return _Edit(addr)
        assert_never(self.answer)

    def _choose(
        self, bound: Bound, members: Collection[Address], gateways: Collection[Address]
    ) -> _Edit:
        if self.host_network or (_all_named(members) and _all_named(gateways)):
            nodes = {member.node_name for member in members}
            chosen = frozenset(each for each in gateways if each.node_name in nodes)
            return _edit(chosen, members, f"{self.kind}: no gateway on a node of {bound.id}")
        networks = {_network(member.host) for member in members}
        chosen = frozenset(each for each in gateways if _network(each.host) in networks)
        return _edit(
            chosen,
            members,
            f"{self.kind}: no gateway shares a /24 with an endpoint of {bound.id}",
            f"{self.kind}: Kubernetes does not say on which nodes {bound.id} and the gateways "
            "run; those that share a /24 are taken to be together",
        )


@dataclass(frozen=True, slots=True)
class LocalNode:
    """Only endpoints on the node of this mesh."""

    node: Node
    host_network: bool = False
    """The pod's address is that of its node, and says nothing of others."""
    prefix: Path | None = None
    """Instead of the kind in the id; None is the kind."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.k8s.localnode/`` and the address of the pod or the name of the node."""
        pod_ip, name = self.node.pod_ip, self.node.name
        here = (name or pod_ip) if self.host_network else (pod_ip or name)
        return id_prefix(self.prefix, "io.l5d.k8s.localnode", here)

    def edit(self, bound: Bound) -> Bound:
        """The bound name without the endpoints of other nodes."""
        return replace(bound, id=self.id_prefix + bound.id, addr=self._edit(bound).addr)

    def advice(self, bound: Bound) -> str:
        """What operators should know about this name; empty when all is well."""
        return self._edit(bound).advice

    def _edit(self, bound: Bound) -> _Edit:
        if not isinstance(bound.addr, Addresses):
            return _Edit(bound.addr)
        members = bound.addr.members
        node = self.node
        if node.name and (self.host_network or _all_named(members) or not node.pod_ip):
            kept = frozenset(each for each in members if each.node_name == node.name)
            return _edit(kept, members, f"no endpoint of {bound.id} on this node, {node.name}")
        here = _network(node.pod_ip)
        kept = frozenset(each for each in members if _network(each.host) == here)
        why = "NODE_NAME is not set" if not node.name else "Kubernetes does not say the nodes"
        return _edit(
            kept,
            members,
            f"no endpoint of {bound.id} shares a /24 with this pod, {node.pod_ip} ({why})",
            f"{why}; the endpoints of {bound.id} that share a /24 with this pod, {node.pod_ip}, "
            "are taken to be on its node",
        )


def _edit(
    chosen: frozenset[Address], before: Collection[Address], none_left: str, advice: str = ""
) -> _Edit:
    """Without any address the name stays bound, so that no fallback is tried."""
    if chosen:
        return _Edit(Addresses(chosen), advice)
    return _Edit(AddrNeg(), none_left if before else "")


def _all_named(addresses: Collection[Address]) -> bool:
    return all(each.node_name for each in addresses)


def _network(host: str) -> object:
    """The addresses that are taken for those of one node; the text itself for a DNS name."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host
    return ipaddress.ip_network((ip, _PREFIX_BITS[ip.version]), strict=False)

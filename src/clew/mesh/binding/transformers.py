"""Transformers: they change the addresses of bound names, and mark the ids of what they changed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from clew.mesh.binding.ids import id_prefix
from clew.mesh.binding.nodes import DaemonSet, LocalNode
from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, Bound
from clew.mesh.naming.nametree import graft, leaves, map_leaves
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Port:
    """The same hosts at another port, such as that of the mesh on each of them."""

    port: int
    prefix: Path | None = None
    """Instead of kind and port in the id; None is those."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.port/4141``"""
        return id_prefix(self.prefix, "io.l5d.port", str(self.port))

    def edit(self, bound: Bound) -> Bound:
        """The bound name at the other port."""
        addr = bound.addr
        if isinstance(addr, Addresses):
            addr = Addresses(frozenset(replace(each, port=self.port) for each in addr.members))
        return replace(bound, id=self.id_prefix + bound.id, addr=addr)


@dataclass(frozen=True, slots=True)
class Localhost:
    """Only addresses of this machine."""

    ips: frozenset[str]
    """Those of its interfaces."""
    prefix: Path | None = None
    """Instead of the kind in the id; None is the kind."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.localhost``"""
        return id_prefix(self.prefix, "io.l5d.localhost")

    def edit(self, bound: Bound) -> Bound:
        """The bound name without the addresses of other machines."""
        local = frozenset(map(_ip, self.ips))
        return _keeping(bound, self.id_prefix, lambda address: _ip(address.host) in local)


@dataclass(frozen=True, slots=True)
class SpecificHost:
    """Only addresses of one host."""

    host: str
    """An IP address."""
    prefix: Path | None = None
    """Instead of the kind in the id; None is the kind."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.specificHost``"""
        return id_prefix(self.prefix, "io.l5d.specificHost")

    def edit(self, bound: Bound) -> Bound:
        """The bound name without the addresses of other hosts."""
        return _keeping(bound, self.id_prefix, lambda address: _ip(address.host) == _ip(self.host))


@dataclass(frozen=True, slots=True)
class Const:
    """Whatever the name is, something else, even when the name is nothing."""

    path: Path
    replacement: Outcome
    """What ``path`` is bound to, by nothing but the names under ``/$``."""
    prefix: Path | None = None
    """Instead of the kind in the id; None is the kind."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.const``; ``path`` follows it."""
        return id_prefix(self.prefix, "io.l5d.const")

    def in_place(self) -> Outcome:
        """What ``path`` is bound to, under the id of this transformer."""
        return _in_place(self.replacement, self.id_prefix + self.path)


@dataclass(frozen=True, slots=True)
class Replace:
    """Something else wherever the name is bound."""

    path: Path
    replacement: Outcome
    """What ``path`` is bound to, by nothing but the names under ``/$``."""
    prefix: Path | None = None
    """Instead of the kind in the id; None is the kind."""

    @property
    def id_prefix(self) -> Path:
        """``/%/io.l5d.replace``; ``path`` follows it."""
        return id_prefix(self.prefix, "io.l5d.replace")

    def in_place(self) -> Outcome:
        """What ``path`` is bound to, under the id of this transformer."""
        return _in_place(self.replacement, self.id_prefix + self.path)


Transformer = Port | Localhost | SpecificHost | DaemonSet | LocalNode | Const | Replace


def transform(outcome: Outcome, transformer: Transformer) -> Outcome:
    """The outcome after the transformer; what waits or failed stays so."""
    if isinstance(outcome, Pending | Failed):
        return outcome
    match transformer:
        case Const():
            return transformer.in_place()
        case Replace():
            replacement = transformer.in_place()
            if isinstance(replacement, Pending | Failed):
                return replacement
            return graft(outcome, lambda _: replacement)
        case Port() | Localhost() | SpecificHost() | DaemonSet() | LocalNode():
            return map_leaves(outcome, transformer.edit)
    assert_never(transformer)


def advice(outcome: Outcome, transformer: Transformer) -> tuple[str, ...]:
    """What operators should know of the outcome that the transformer is about to change."""
    if isinstance(outcome, Pending | Failed) or not isinstance(transformer, DaemonSet | LocalNode):
        return ()
    return tuple(filter(None, map(transformer.advice, leaves(outcome))))


def _in_place(outcome: Outcome, id: Path) -> Outcome:
    if isinstance(outcome, Pending | Failed):
        return outcome
    return map_leaves(outcome, lambda bound: replace(bound, id=id))


def _keeping(bound: Bound, prefix: Path, keep: Callable[[Address], bool]) -> Bound:
    """Only some addresses. Without any the name stays bound, so that no fallback is tried."""
    addr = bound.addr
    if isinstance(addr, Addresses):
        kept = frozenset(filter(keep, addr.members))
        addr = Addresses(kept) if kept else AddrNeg()
    return replace(bound, id=prefix + bound.id, addr=addr)


def _ip(host: str) -> object:
    """The same for every way of writing an address; the text itself for a DNS name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return host

"""What a namerd answers, read. Pure."""

from __future__ import annotations

from typing import assert_never

import msgspec

from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, Weighted
from clew.mesh.naming.path import ParseError, Path


class NotUnderstood(Exception):
    """A line that is not what it should be: mostly the message of a lookup that failed."""


class _Meta(msgspec.Struct):
    endpoint_addr_weight: float = 1.0
    node_name: str = msgspec.field(default="", name="nodeName")


class _Addr(msgspec.Struct):
    ip: str
    port: int
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _BoundAddrs(msgspec.Struct, tag="bound"):
    addrs: list[_Addr]


class _NegAddrs(msgspec.Struct, tag="neg"):
    pass


class _PendingAddrs(msgspec.Struct, tag="pending"):
    pass


class _FailedAddrs(msgspec.Struct, tag="failed"):
    cause: str = ""


_Addrs = _BoundAddrs | _NegAddrs | _PendingAddrs | _FailedAddrs


class _Bound(msgspec.Struct):
    addr: _Addrs
    id: str
    path: str = "/"


class _Leaf(msgspec.Struct, tag="leaf"):
    bound: _Bound


class _Neg(msgspec.Struct, tag="neg"):
    pass


class _Fail(msgspec.Struct, tag="fail"):
    pass


class _Empty(msgspec.Struct, tag="empty"):
    pass


class _Alt(msgspec.Struct, tag="alt"):
    alt: list[_Tree]


class _Weighted(msgspec.Struct):
    weight: float
    tree: _Tree


class _Union(msgspec.Struct, tag="union"):
    union: list[_Weighted]


_Tree = _Leaf | _Neg | _Fail | _Empty | _Alt | _Union
_trees = msgspec.json.Decoder(_Tree)
_addrs: msgspec.json.Decoder[_Addrs] = msgspec.json.Decoder(_Addrs)


def read_tree(line: str) -> NameTree[Bound]:
    """A line of ``/bind``. Raises NotUnderstood."""
    try:
        return _tree(_trees.decode(line))
    except (msgspec.DecodeError, ParseError, RecursionError) as error:
        raise NotUnderstood(line.strip() or str(error)) from error


def read_addr(line: str) -> Addr:
    """A line of ``/addr``. Raises NotUnderstood."""
    try:
        return _addr(_addrs.decode(line))
    except msgspec.DecodeError as error:
        raise NotUnderstood(line.strip() or str(error)) from error


def _tree(tree: _Tree) -> NameTree[Bound]:
    match tree:
        case _Leaf(bound=bound):
            return Leaf(Bound(Path.read(bound.id), _addr(bound.addr), Path.read(bound.path)))
        case _Neg():
            return Neg()
        case _Fail():
            return Fail()
        case _Empty():
            return Empty()
        case _Alt(alt=trees):
            return Alt(tuple(map(_tree, trees)))
        case _Union(union=branches):
            return Union(tuple(Weighted(each.weight, _tree(each.tree)) for each in branches))
    assert_never(tree)


def _addr(addr: _Addrs) -> Addr:
    match addr:
        case _BoundAddrs(addrs=addrs):
            return Addresses(
                frozenset(
                    Address(a.ip, a.port, a.meta.endpoint_addr_weight, a.meta.node_name)
                    for a in addrs
                )
            )
        case _NegAddrs():
            return AddrNeg()
        case _PendingAddrs():
            return AddrPending()
        case _FailedAddrs(cause=cause):
            return AddrFailed(cause)
    assert_never(addr)

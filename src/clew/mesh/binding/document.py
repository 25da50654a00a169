"""Delegation trees as the JSON document that Linkerd's ``/delegator.json`` answers with."""

from __future__ import annotations

from typing import Any, assert_never

from clew.mesh.binding.delegation import (
    AltStep,
    DelegateStep,
    EmptyStep,
    ExceptionStep,
    FailStep,
    LeafStep,
    NegStep,
    TransformationStep,
    Tree,
    UnionStep,
)
from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.dtab import Dentry
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, show_tree
from clew.mesh.naming.path import Path

_FAIL = Path.of("$", "fail")


def document(tree: Tree) -> dict[str, Any]:
    """Keys stand in Linkerd's order."""
    path = str(tree.path)
    match tree:
        case EmptyStep():
            return _node("empty", path, tree.dentry)
        case FailStep():
            written = path if tree.path.startswith(_FAIL) else "!"
            return _node("fail", written, tree.dentry)
        case NegStep():
            return _node("neg", path if tree.path else "~", tree.dentry)
        case ExceptionStep(message=message):
            return _node("exception", path, tree.dentry) | {"message": message}
        case DelegateStep():
            return _node("delegate", path, tree.dentry) | {"delegate": document(tree.tree)}
        case LeafStep(bound=bound):
            return _node("leaf", path, tree.dentry) | {"bound": bound_document(bound)}
        case AltStep(trees=trees):
            return _node("alt", path, tree.dentry) | {"alt": [document(each) for each in trees]}
        case UnionStep(branches=branches):
            union = [{"weight": weight, "tree": document(each)} for weight, each in branches]
            return _node("union", path, tree.dentry) | {"union": union}
        case TransformationStep(transformer=name, bound=bound):
            # Linkerd's has no dentry
            after = document(tree.tree)
            return _node("transformation", path, None) | {
                "name": name,
                "bound": bound_document(bound),
                "tree": after,
            }
    assert_never(tree)


def _node(type: str, path: str, dentry: Dentry | None) -> dict[str, Any]:
    node: dict[str, Any] = {"type": type, "path": path}
    if dentry is not None:
        node["dentry"] = {"prefix": str(dentry.prefix), "dst": show_tree(dentry.dst)}
    return node


def tree_document(tree: NameTree[Bound]) -> dict[str, Any]:
    """What a name is bound to, as namerd's ``/bind`` answers."""
    match tree:
        case Neg():
            return {"type": "neg"}
        case Fail():
            return {"type": "fail"}
        case Empty():
            return {"type": "empty"}
        case Leaf(bound):
            return {"type": "leaf", "bound": bound_document(bound)}
        case Alt(trees):
            return {"type": "alt", "alt": [tree_document(each) for each in trees]}
        case Union(branches):
            union = [{"weight": each.weight, "tree": tree_document(each.tree)} for each in branches]
            return {"type": "union", "union": union}
    assert_never(tree)


def bound_document(bound: Bound) -> dict[str, Any]:
    """A bound name."""
    return {"addr": addr_document(bound.addr), "id": str(bound.id), "path": str(bound.residual)}


def addr_document(addr: Addr) -> dict[str, Any]:
    """A replica set, as namerd's ``/addr`` answers."""
    match addr:
        case Addresses(members):
            addrs = [_address(member) for member in sorted(members)]
            return {"type": "bound", "addrs": addrs, "meta": {}}
        case AddrNeg():
            return {"type": "neg"}
        case AddrPending():
            return {"type": "pending"}
        case AddrFailed(cause):
            return {"type": "failed", "cause": cause}
    assert_never(addr)


def _address(address: Address) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if address.weight != 1.0:
        meta["endpoint_addr_weight"] = address.weight
    if address.node_name:
        meta["nodeName"] = address.node_name
    return {"ip": address.host, "port": address.port, "meta": meta}

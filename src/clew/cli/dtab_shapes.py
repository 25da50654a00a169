"""What ``clew dtab`` prints: JSON for programs, lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.naming.bound import Addresses, AddrFailed, AddrNeg, AddrPending, Bound
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, Neg, Union, show_tree

if TYPE_CHECKING:
    from clew.mesh.naming.dtab import Dtab

STEP = "  "


def dtab_lines(dtab: Dtab, *, exact: bool = False) -> Iterator[str]:
    """A rule a line, the arrows under each other; it can be read back."""
    width = max((len(str(dentry.prefix)) for dentry in dtab.dentries), default=0)
    for dentry in dtab.dentries:
        yield f"{dentry.prefix!s:{width}} => {show_tree(dentry.dst, exact=exact)} ;"


def tree_json(outcome: Outcome) -> dict[str, Any]:
    """What a name is bound to, ``{"type": "leaf", "id": …, "residual": …}`` and so on."""
    match outcome:
        case Neg():
            return {"type": "neg"}
        case Fail():
            return {"type": "fail"}
        case Empty():
            return {"type": "empty"}
        case Leaf(bound):
            return {"type": "leaf", "id": str(bound.id), "residual": str(bound.residual)}
        case Alt(trees):
            return {"type": "alt", "trees": [tree_json(each) for each in trees]}
        case Union(branches):
            shares = [{"weight": b.weight, "tree": tree_json(b.tree)} for b in branches]
            return {"type": "union", "trees": shares}
        case Failed(why) | Pending(why):
            return {"type": "error", "message": why}
    assert_never(outcome)


_MEANINGS = {
    "neg": "neg: nothing has this name",
    "fail": "fail: a rule says stop",
    "empty": "empty: exists, without endpoints",
}


def tree_lines(outcome: Outcome, indent: str = "") -> Iterator[str]:
    """The same with addresses, a branch deeper for each tree in another."""
    match outcome:
        case Leaf(bound):
            yield f"{indent}{bound.id}" + (f"  residual {bound.residual}" if bound.residual else "")
            yield from (f"{indent}{STEP}{line}" for line in _addresses(bound))
        case Alt(trees):
            yield f"{indent}first of"
            for each in trees:
                yield from tree_lines(each, indent + STEP)
        case Union(branches):
            yield f"{indent}split"
            for branch in branches:
                yield f"{indent}{STEP}{branch.weight:g} of"
                yield from tree_lines(branch.tree, indent + STEP * 2)
        case Failed(why) | Pending(why):
            yield f"{indent}error: {why}"
        case Neg() | Fail() | Empty():
            yield f"{indent}{_MEANINGS[tree_json(outcome)['type']]}"
        case _:
            assert_never(outcome)


def _addresses(bound: Bound) -> Iterator[str]:
    match bound.addr:
        case Addresses(members):
            yield from map(str, sorted(members))
            if not members:
                yield "no endpoints"
        case AddrNeg():
            yield "its endpoints are gone"
        case AddrPending():
            yield "its endpoints are not known yet"
        case AddrFailed(cause):
            yield f"its endpoints are not known: {cause}"
        case _:
            assert_never(bound.addr)


def delegation_lines(document: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A delegation tree: each step under the one that led to it, with the rule that did."""
    rule = document.get("dentry")
    by = f"  ({rule['prefix']} => {rule['dst']})" if rule else ""
    kind = document["type"]
    note = {
        "neg": "  neg",
        "fail": "  fail",
        "empty": "  empty",
        "alt": "  first of",
        "union": "  split",
        "exception": f"  error: {document.get('message')}",
        "transformation": f"  by {document.get('name')}",
    }.get(kind, "")
    yield f"{indent}{document['path']}{note}{by}"
    inner = indent + STEP
    match kind:
        case "leaf":
            yield f"{inner}= {_bound_line(document['bound'])}"
        case "delegate":
            yield from delegation_lines(document["delegate"], inner)
        case "transformation":
            yield from delegation_lines(document["tree"], inner)
        case "alt":
            for each in document["alt"]:
                yield from delegation_lines(each, inner)
        case "union":
            for share in document["union"]:
                yield f"{inner}{share['weight']:g} of"
                yield from delegation_lines(share["tree"], inner + STEP)


def _bound_line(bound: Mapping[str, Any]) -> str:
    addrs = [f"{a['ip']}:{a['port']}" for a in bound["addr"].get("addrs", ())]
    shown = ", ".join(addrs) or f"({bound['addr']['type']}, no addresses)"
    residual = f"  residual {bound['path']}" if bound["path"] != "/" else ""
    return f"{bound['id']}{residual}  {shown}"

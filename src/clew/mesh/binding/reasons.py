"""Why a name leads nowhere, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from clew.mesh.naming.addr_state import addr_state
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import Addresses, Bound
from clew.mesh.naming.nametree import Empty, Fail, NameTree
from clew.mesh.naming.path import Path

Used = Sequence[tuple[Path, Answer | None]]
"""The answers that a binding follows from; None for one that is still missing."""


def why_nowhere(tree: NameTree[Bound], used: Used) -> str:
    """Of a name that is bound to nothing: the rule that ends it, or what was said of each path."""
    match tree:
        case Fail():
            return "a dentry leads to ! (fail)"
        case Empty() if not used:
            return "a dentry leads to $ (empty)"
    return why_unanswered(used)


def why_unanswered(used: Used) -> str:
    """What was said of each path."""
    return "; ".join(f"{path}: {_said(answer)}" for path, answer in used) or (
        "no dentry leads to a namer"
    )


def _said(answer: Answer | None) -> str:
    match answer:
        case None:
            return "not asked yet"
        case Missing():
            return "does not exist"
        case Waiting():
            return "its namer has not answered yet"
        case Broken(why):
            return why
        case BoundTree():
            return "is bound by namerd to no endpoints"
        case Bound(addr=Addresses()):
            return "has no endpoints"
        case Bound(addr=addr):
            return str(addr_state(addr)["state"])
    assert_never(answer)

"""What a name is bound to by the dtab of a namespace, as the lines that are answered. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from clew.mesh.binding.binder import bind
from clew.mesh.binding.document import addr_document, tree_document
from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.rules import NamerRule
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.bound import Addr, AddrNeg, Bound
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, or one line of those that watch."""

    line: str = ""
    """With its end."""
    wanted: frozenset[Path] = frozenset()
    """What it depends on."""
    waiting: bool = False
    """Whether a namer has not said what it depends on; then there is no line."""
    failed: bool = False
    """The line is a message, and the last one."""


WAITING = Told(waiting=True)


def told(document: Any, wanted: frozenset[Path] = frozenset()) -> Told:
    """A JSON document."""
    return Told(json.dumps(document, separators=(",", ":")) + "\n", wanted)


@dataclass(frozen=True, slots=True)
class Names:
    """The namers of the file, which have answered this much."""

    rules: Sequence[NamerRule]
    answers: Answers

    def bound(self, name: Path, dtab: Dtab) -> Told:
        """The tree."""
        return self._told(name, dtab, tree_document)

    def addr(self, id: Path) -> Told:
        """The replica set behind a client id; what transformers have put before it goes."""
        heads = [at for at, segment in enumerate(id.segments) if segment in (b"#", b"$")]
        concrete = id.drop(heads[0]) if heads and id.segments[0] == b"%" else id
        return self._told(concrete, Dtab(), lambda tree: addr_document(_one(tree, 0.0)))

    def resolved(self, name: Path, dtab: Dtab, draw: float) -> Told:
        """The replica set of one leaf, by weight: ``draw`` is at least 0 and less than 1."""
        return self._told(name, dtab, lambda tree: addr_document(_one(tree, draw)))

    def _told(
        self, name: Path, dtab: Dtab, document: Callable[[NameTree[Bound]], dict[str, Any]]
    ) -> Told:
        binding = bind(name, dtab, self.rules, self.answers)
        outcome: Outcome = binding.outcome
        match outcome:
            case Pending():
                return Told(wanted=binding.wanted, waiting=True)
            case Failed(why):
                return Told(f"{why}\n", binding.wanted, failed=True)
            case tree:
                return told(document(tree), binding.wanted)
        assert_never(outcome)


def _one(tree: NameTree[Bound], draw: float) -> Addr:
    match tree:
        case Leaf(bound):
            return bound.addr
        case Union(branches):
            left = draw * sum(branch.weight for branch in branches)
            for branch in branches:
                if left < branch.weight:
                    return _one(branch.tree, left / branch.weight)
                left -= branch.weight
            return AddrNeg()
        case Neg() | Fail() | Empty() | Alt():  # no Alt comes of binding
            return AddrNeg()
    assert_never(tree)

"""How a name is bound, step by step: the delegation tree that ``/delegator.json`` shows.

Other than binding it follows every alternative, also those after the one that wins, and what goes
wrong is a step of the tree. (Linkerd, ``ConfiguredNamersInterpreter.delegate``.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from clew.mesh.binding.binder import MAX_DEPTH, MAX_LOOKUPS, Lookup, Step, TooManyLookups
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
    graft,
    simplified,
)
from clew.mesh.binding.document import document
from clew.mesh.binding.nodes import DaemonSet
from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.steps import Steps, run
from clew.mesh.binding.transformers import Const, Replace, Transformer
from clew.mesh.naming.answer import Answers, Waiting
from clew.mesh.naming.bound import Bound
from clew.mesh.naming.dtab import Dentry, Dtab
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, size
from clew.mesh.naming.path import Path

MAX_NESTING = 200
"""Steps within steps; those who read the document recurse."""

_TOO_DEEP = "Max recursion level reached."


@dataclass(frozen=True, slots=True)
class Delegation:
    """The steps of a name."""

    document: dict[str, Any]
    """As ``/delegator.json`` answers it."""
    wanted: frozenset[Path]
    """Every path of namers that it depends on, answered or not."""
    waiting: bool
    """Whether a namer has not answered; the document has an exception where it is waited for."""


def delegate(
    name: Path,
    dtab: Dtab,
    rules: Sequence[NamerRule],
    answers: Answers,
    transformers: Sequence[Transformer] = (),
) -> Delegation:
    """The arguments are those of :func:`clew.mesh.binding.binder.bind`. Nothing is raised."""
    lookup = Lookup(dtab, rules, answers)
    explainer = _Explainer(lookup)
    message = _TOO_DEEP
    try:
        tree = run(explainer.follow(name, None, depth=0, nesting=0))
    except TooManyLookups:
        tree, message = None, f"More than {MAX_LOOKUPS} Namer lookups"
    tree = ExceptionStep(path=name, message=message) if tree is None else simplified(tree)
    waiting = explainer.waiting
    for transformer in map(lookup.informed, transformers):
        waiting |= isinstance(transformer, DaemonSet) and isinstance(transformer.answer, Waiting)
        tree = _transformed(tree, transformer)
    return Delegation(document(tree), frozenset(lookup.wanted), waiting)


class _Explainer:
    """Grows the tree. None in place of a tree means that it would be too deep."""

    def __init__(self, lookup: Lookup) -> None:
        self.waiting = False
        self._lookup = lookup

    def follow(
        self, path: Path, dentry: Dentry | None, depth: int, nesting: int
    ) -> Steps[Tree | None]:
        """The steps from a path, to which ``dentry`` led."""
        rules = self._lookup.dtab.matching(path)
        self._lookup.count(1 + sum(size(rule.dst) for rule in rules))
        beyond: Step = Neg()
        # as in binding, a "~" alone is no answer, but two of them are
        if not rules or (len(rules) == 1 and isinstance(rules[0].dst, Neg)):
            beyond = self._lookup.beyond_dtab(path)
        grown: list[Tree | None] = []
        for rule in rules:
            grown.append((yield self._grow(path, rule, rule.rewrite(path), depth + 1, nesting)))
        if isinstance(beyond, Pending | Failed):
            self.waiting |= isinstance(beyond, Pending)
            grown.append(ExceptionStep(path=path, dentry=dentry, message=beyond.why))
        elif not isinstance(beyond, Neg):
            grown.append((yield self._grow(path, dentry, beyond, depth + 1, nesting)))
        if not grown:
            return NegStep(path=path, dentry=dentry)
        if len(grown) > 1:
            trees = tuple(_or_too_deep(tree, path, dentry) for tree in grown)
            return AltStep(path=path, dentry=dentry, trees=trees)
        only = grown[0]
        if only is None or not rules:
            return only
        return DelegateStep(path=path, dentry=dentry, tree=only)

    def _grow(
        self,
        path: Path,
        dentry: Dentry | None,
        tree: NameTree[Path | Bound],
        depth: int,
        nesting: int,
    ) -> Steps[Tree | None]:
        """The steps from what ``dentry`` makes of ``path``."""
        if depth > MAX_DEPTH or nesting > MAX_NESTING:
            return None
        match tree:
            case Empty():
                return EmptyStep(path=path, dentry=dentry)
            case Fail():
                return FailStep(path=path, dentry=dentry)
            case Neg():
                return NegStep(path=Path(), dentry=dentry)
            case Leaf(value):
                if isinstance(value, Bound):
                    return LeafStep(path=path, dentry=dentry, bound=value)
                return (yield self.follow(value, dentry, depth, nesting + 1))
            case Alt(trees):
                alternatives = []
                for each in trees:
                    step = yield self._grow(path, dentry, each, depth, nesting + 1)
                    alternatives.append(_or_too_deep(step, path, dentry))
                return AltStep(path=path, dentry=dentry, trees=tuple(alternatives))
            case Union(branches):
                shares = []
                for branch in branches:
                    step = yield self._grow(path, dentry, branch.tree, depth, nesting + 1)
                    shares.append((branch.weight, _or_too_deep(step, path, dentry)))
                return UnionStep(path=path, dentry=dentry, branches=tuple(shares))
        assert_never(tree)


def _or_too_deep(tree: Tree | None, path: Path, dentry: Dentry | None) -> Tree:
    """Among others, what is too deep is an exception; alone it is the end of the whole tree."""
    return tree or ExceptionStep(path=path, dentry=dentry, message=_TOO_DEEP)


def _transformed(tree: Tree, transformer: Transformer) -> Tree:
    """The tree with the effect of the transformer shown at each bound name."""
    if isinstance(transformer, Const):
        replaced = _settled(transformer.in_place(), transformer.path, None)
        return DelegateStep(path=tree.path, tree=replaced)

    def after(leaf: LeafStep) -> Tree:
        if isinstance(transformer, Replace):
            changed = _settled(transformer.in_place(), transformer.path, leaf.dentry)
        else:
            bound = transformer.edit(leaf.bound)
            changed = LeafStep(path=bound.id, dentry=leaf.dentry, bound=bound)
        name = f"{type(transformer).__name__}Transformer"
        return TransformationStep(path=leaf.path, transformer=name, bound=leaf.bound, tree=changed)

    return graft(tree, after)


def _settled(outcome: Outcome, path: Path, dentry: Dentry | None) -> Tree:
    """An outcome of binding, as a tree."""
    match outcome:
        case Pending(why) | Failed(why):
            return ExceptionStep(path=path, dentry=dentry, message=why)
        case Empty():
            return EmptyStep(path=path, dentry=dentry)
        case Fail():
            return FailStep(path=path, dentry=dentry)
        case Neg():
            return NegStep(path=path, dentry=dentry)
        case Leaf(bound):
            return LeafStep(path=bound.id, dentry=dentry, bound=bound)
        case Alt(trees):
            return AltStep(
                path=path,
                dentry=dentry,
                trees=tuple(_settled(each, path, dentry) for each in trees),
            )
        case Union(branches):
            return UnionStep(
                path=path,
                dentry=dentry,
                branches=tuple((b.weight, _settled(b.tree, path, dentry)) for b in branches),
            )
    assert_never(outcome)

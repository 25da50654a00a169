"""Binding: a name is rewritten by the dtab until namers know it. (Finagle, ``Namer.bind``.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from clew.mesh.binding.nodes import DaemonSet
from clew.mesh.binding.outcome import Binding, Failed, Outcome, Pending
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.steps import Steps, run
from clew.mesh.binding.transformers import Transformer, advice, transform
from clew.mesh.naming.answer import Answers, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import Bound
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, Weighted, size
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.naming.rewriters import lookup_system

__all__ = ["Binding", "Failed", "NamerRule", "Outcome", "Pending", "bind"]

Step = NameTree[Path | Bound] | Pending | Failed
"""What one step makes of a path: still to be bound, where it is a path."""

MAX_DEPTH = 100
"""Rewriting steps from the name to any leaf, as in Linkerd."""
MAX_LOOKUPS = 1000
"""Names that are looked at in all: a dtab that a request brings could make 2^100 of them."""
MAX_SPLITS = 100
"""Unions within unions."""


def bind(
    name: Path,
    dtab: Dtab,
    rules: Sequence[NamerRule],
    answers: Answers,
    transformers: Sequence[Transformer] = (),
) -> Binding:
    """What the name is bound to, given what namers have answered so far.

    ``rules`` are the configured namers in the order of the file; ``transformers`` are the
    interpreter's. Nothing is raised: what goes wrong is in the outcome.
    """
    lookup = Lookup(dtab, rules, answers)
    try:
        outcome = run(_bind(Leaf(name), lookup, depth=0, splits=0))
    except TooManyLookups:
        outcome = Failed(f"More than {MAX_LOOKUPS} Namer lookups")
    outcome = lookup.transformed(outcome, transformers)
    return Binding(outcome, frozenset(lookup.wanted), tuple(sorted(lookup.advice)))


def _bind(tree: NameTree[Path | Bound], lookup: Lookup, depth: int, splits: int) -> Steps[Outcome]:
    if depth > MAX_DEPTH:
        return Failed(f"Max recursion level: {MAX_DEPTH} reached in Namer lookup")
    if splits > MAX_SPLITS:
        return Failed(f"More than {MAX_SPLITS} unions within unions")
    match tree:
        case Neg() | Fail() | Empty():
            return tree
        case Leaf(value):
            if isinstance(value, Bound):
                return Leaf(value)
            found = lookup.step(value)
            if isinstance(found, Pending | Failed):
                return found
            return (yield _bind(found, lookup, depth + 1, splits))
        case Alt(trees):
            for each in trees:
                outcome = yield _bind(each, lookup, depth, splits)
                if not isinstance(outcome, Neg):
                    return outcome
            return Neg()
        case Union(branches):
            outcomes = []
            for branch in branches:
                outcome = yield _bind(branch.tree, lookup, depth, splits + 1)
                outcomes.append((branch.weight, outcome))
            return _united(outcomes)
    assert_never(tree)


def _united(outcomes: Sequence[tuple[float, Outcome]]) -> Outcome:
    """Failed and pending branches are left out while there is another, then Neg and Fail."""
    failed = [outcome for _, outcome in outcomes if isinstance(outcome, Failed)]
    pending = [outcome for _, outcome in outcomes if isinstance(outcome, Pending)]
    settled = [
        Weighted(weight, outcome)
        for weight, outcome in outcomes
        if not isinstance(outcome, Failed | Pending)
    ]
    match settled:
        case []:
            return (failed or pending)[0]
        case [only]:
            return only.tree
    alive = tuple(each for each in settled if not isinstance(each.tree, Neg | Fail))
    match alive:
        case ():
            return Neg()
        case (last,):
            return last.tree
    return Union(alive)


class TooManyLookups(Exception):
    """Binding costs more than it may."""


class Lookup:
    """One step of rewriting: the dtab, then the namers, then the names under ``/$``."""

    def __init__(self, dtab: Dtab, rules: Sequence[NamerRule], answers: Answers) -> None:
        self.dtab = dtab
        self.wanted: set[Path] = set()
        self.advice: set[str] = set()
        self._rules = rules[::-1]
        self._answers = answers
        self._left = MAX_LOOKUPS

    def step(self, path: Path) -> Step:
        """Raises TooManyLookups."""
        found = self.dtab.lookup(path)
        self.count(size(found))
        return self.beyond_dtab(path) if isinstance(found, Neg) else found

    def count(self, names: int) -> None:
        """So many more names are looked at. Raises TooManyLookups."""
        self._left -= names
        if self._left < 0:
            raise TooManyLookups

    def beyond_dtab(self, path: Path) -> Step:
        """What namers and ``/$`` say of a path that no dentry rewrites."""
        for rule in self._rules:
            if path.startswith(rule.prefix):
                found = self._by_rule(rule, path)
                if not isinstance(found, Neg):
                    return found
        system = lookup_system(path)
        return Failed(system.why) if isinstance(system, Broken) else system

    def _by_rule(self, rule: NamerRule, path: Path) -> Step:
        if rule.rewrite is not None:
            try:
                renamed = rule.rewrite.apply(path.drop(len(rule.prefix)))
            except ParseError as error:
                return Failed(str(error))
            return Neg() if renamed is None else Leaf(renamed)
        return self.transformed(self._by_answer(path), rule.transformers)

    def transformed(self, outcome: Outcome, transformers: Sequence[Transformer]) -> Outcome:
        """The outcome after all of the transformers."""
        for transformer in map(self.informed, transformers):
            self.advice.update(advice(outcome, transformer))
            outcome = transform(outcome, transformer)
        return outcome

    def informed(self, transformer: Transformer) -> Transformer:
        """The transformer with the answer that it depends on."""
        if not isinstance(transformer, DaemonSet):
            return transformer
        self.wanted.add(transformer.gateways)
        answer = self._answers.get(transformer.gateways, Waiting())
        return replace(transformer, answer=answer)

    def _by_answer(self, path: Path) -> Outcome:
        self.wanted.add(path)
        match self._answers.get(path, Waiting()):
            case Waiting():
                return Pending(f"waiting for {path}")
            case Missing():
                return Neg()
            case Broken(why):
                return Failed(why)
            case Bound() as bound:
                return Leaf(bound)
            case BoundTree(tree):
                return tree

"""Delegation trees: every step by which a name is bound, and what each step came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from clew.mesh.naming.bound import Bound
from clew.mesh.naming.dtab import Dentry
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    path: Path
    """The name at this step; empty for a ``~`` that is written in a dtab."""
    dentry: Dentry | None = None
    """The rule that led here; None where the tree begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyStep(_Step):
    """Exists, with no endpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailStep(_Step):
    """Stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NegStep(_Step):
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionStep(_Step):
    """The lookup went wrong."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateStep(_Step):
    """Goes on to another name."""

    tree: Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafStep(_Step):
    """Is bound."""

    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class AltStep(_Step):
    """The first that is not nothing."""

    trees: tuple[Tree, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionStep(_Step):
    """Some of each, by weight."""

    branches: tuple[tuple[float, Tree], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformationStep(_Step):
    """What a transformer makes of a bound name."""

    transformer: str
    bound: Bound
    """Before."""
    tree: Tree
    """After."""


Tree = (
    EmptyStep
    | FailStep
    | NegStep
    | ExceptionStep
    | DelegateStep
    | LeafStep
    | AltStep
    | UnionStep
    | TransformationStep
)


def simplified(tree: Tree) -> Tree:
    """Without steps that say the same name twice."""
    match tree:
        case DelegateStep():
            inner = simplified(tree.tree)
            speaks_for_itself = not isinstance(inner, NegStep | FailStep | EmptyStep)
            if speaks_for_itself and inner.path == tree.path:
                return replace(inner, dentry=tree.dentry)
            return replace(tree, tree=inner)
        case AltStep():
            trees: list[Tree] = []
            for each in map(simplified, tree.trees):
                same = isinstance(each, AltStep) and each.path == tree.path
                trees += each.trees if isinstance(each, AltStep) and same else (each,)
            return replace(tree, trees=tuple(trees))
        case UnionStep():
            return replace(
                tree, branches=tuple((weight, simplified(each)) for weight, each in tree.branches)
            )
        case EmptyStep() | FailStep() | NegStep() | ExceptionStep() | LeafStep():
            return tree
        case TransformationStep():
            return tree
    assert_never(tree)


def graft(tree: Tree, change: Callable[[LeafStep], Tree]) -> Tree:
    """The tree with another in place of each bound name."""
    match tree:
        case LeafStep():
            return change(tree)
        case DelegateStep() | TransformationStep():
            return replace(tree, tree=graft(tree.tree, change))
        case AltStep():
            return replace(tree, trees=tuple(graft(each, change) for each in tree.trees))
        case UnionStep():
            return replace(
                tree,
                branches=tuple((share, graft(each, change)) for share, each in tree.branches),
            )
        case EmptyStep() | FailStep() | NegStep() | ExceptionStep():
            return tree
    assert_never(tree)

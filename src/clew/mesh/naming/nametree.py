"""Name trees: what a dtab entry points to, and what is left of it when it is bound.

``Neg`` (``~``) nothing here, try the next alternative. ``Fail`` (``!``) stop, no fallback past it.
``Empty`` (``$``) exists, with no endpoints; stops fallback too. (Finagle, ``NameTree.scala``.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Generic, TypeVar, assert_never

from clew.mesh.naming.path import Path
from clew.mesh.naming.scanner import Scanner

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Neg:
    """Nothing here: try the next alternative."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Stop: no alternative after this one is tried."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Exists, but on purpose without endpoints; stops fallback."""


@dataclass(frozen=True, slots=True)
class Leaf(Generic[T_co]):
    """A path (in a dtab) or a bound name (in a binding)."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Alt(Generic[T_co]):
    """Fallback, ``a | b``: left to right, the first that is not Neg."""

    trees: tuple[NameTree[T_co], ...]


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T_co]):
    """One branch of a union; weights are relative to each other, never negative."""

    weight: float
    tree: NameTree[T_co]


@dataclass(frozen=True, slots=True)
class Union(Generic[T_co]):
    """Split, ``0.9 * a & 0.1 * b``: each request takes one branch by weight."""

    branches: tuple[Weighted[T_co], ...]


NameTree = Neg | Fail | Empty | Leaf[T_co] | Alt[T_co] | Union[T_co]


def graft(tree: NameTree[T], change: Callable[[T], NameTree[U]]) -> NameTree[U]:
    """The tree with another in place of each leaf."""
    match tree:
        case Neg() | Fail() | Empty():
            return tree
        case Leaf(value):
            return change(value)
        case Alt(trees):
            return Alt(tuple(graft(each, change) for each in trees))
        case Union(branches):
            return Union(tuple(Weighted(b.weight, graft(b.tree, change)) for b in branches))
    assert_never(tree)


def map_leaves(tree: NameTree[T], change: Callable[[T], U]) -> NameTree[U]:
    """The same tree over changed leaves."""
    return graft(tree, lambda value: Leaf(change(value)))


def leaves(tree: NameTree[T]) -> Iterator[T]:
    """What stands at the leaves, from left to right."""
    match tree:
        case Leaf(value):
            yield value
        case Alt(trees):
            for each in trees:
                yield from leaves(each)
        case Union(branches):
            for branch in branches:
                yield from leaves(branch.tree)
        case Neg() | Fail() | Empty():
            pass
        case _:
            assert_never(tree)


def size(tree: NameTree[T]) -> int:
    """How many leaves there are, counting those that lead nowhere."""
    match tree:
        case Alt(trees):
            return sum(map(size, trees))
        case Union(branches):
            return sum(size(branch.tree) for branch in branches)
        case Neg() | Fail() | Empty() | Leaf():
            return 1
    assert_never(tree)


MAX_GROUPS = 50
"""Parentheses inside parentheses: requests bring dtabs along, so their depth is bounded."""


def read_tree(scanner: Scanner, groups: int = 0) -> NameTree[Path]:
    """``a | b & c``, where ``&`` binds tighter; ``groups`` counts the parentheses around it."""
    trees = [_read_union(scanner, groups)]
    while scanner.take("|"):
        trees.append(_read_union(scanner, groups))
    return trees[0] if len(trees) == 1 else Alt(tuple(trees))


def _read_union(scanner: Scanner, groups: int) -> NameTree[Path]:
    branches = [_read_weighted(scanner, groups)]
    while scanner.take("&"):
        branches.append(_read_weighted(scanner, groups))
    # the weight of an only child means nothing, and Finagle forgets it
    return branches[0].tree if len(branches) == 1 else Union(tuple(branches))


def _read_weighted(scanner: Scanner, groups: int) -> Weighted[Path]:
    scanner.skip_blank()
    weight = 1.0
    if scanner.starts_number():
        weight = scanner.number()
        scanner.skip_blank()
        scanner.expect("*")
        scanner.skip_blank()
    tree = _read_simple(scanner, groups)
    scanner.skip_blank()
    return Weighted(weight, tree)


def _read_simple(scanner: Scanner, groups: int) -> NameTree[Path]:
    if scanner.peek == "/":
        return Leaf(Path(scanner.labels()))
    if scanner.take("!"):
        return Fail()
    if scanner.take("~"):
        return Neg()
    if scanner.take("$"):
        return Empty()
    if scanner.peek == "(" and groups == MAX_GROUPS:
        scanner.fail(f"at most {MAX_GROUPS} groups in each other")
    if not scanner.take("("):
        scanner.fail("simple")
    tree = read_tree(scanner, groups + 1)
    scanner.expect(")")
    return tree


def show_tree(tree: NameTree[Path], *, exact: bool = False) -> str:
    """As ``read_tree`` reads it, with weights to two decimals as Finagle shows them, or exact."""
    if isinstance(tree, Alt):
        return " | ".join(_show_in_alt(each, exact) for each in tree.trees) or "~"
    return _show_in_alt(tree, exact)


def _show_in_alt(tree: NameTree[Path], exact: bool) -> str:
    if isinstance(tree, Union):
        return " & ".join(_show_weighted(each, exact) for each in tree.branches) or "~"
    return _show_simple(tree, exact)


def _show_weighted(branch: Weighted[Path], exact: bool) -> str:
    tree = _show_simple(branch.tree, exact)
    return tree if branch.weight == 1.0 else f"{_show_weight(branch.weight, exact)}*{tree}"


def _show_simple(tree: NameTree[Path], exact: bool) -> str:
    match tree:
        case Neg():
            return "~"
        case Fail():
            return "!"
        case Empty():
            return "$"
        case Leaf(path):
            return str(path)
        case Alt() | Union():
            return f"({show_tree(tree, exact=exact)})"
    assert_never(tree)


def _show_weight(weight: float, exact: bool) -> str:
    written = Decimal(repr(weight))
    if exact:
        return f"{written:f}"
    # Java rounds the shortest decimal form half up, Python's format() the binary value half even
    return str(written.quantize(Decimal("0.01"), ROUND_HALF_UP, Context(prec=400)))

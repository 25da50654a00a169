"""Name trees: what a dtab entry points to, and what is left of it when it is bound.

``Neg`` (``~``) nothing here, try the next alternative. ``Fail`` (``!``) stop, no fallback past it.
``Empty`` (``$``) exists, with no endpoints; stops fallback too. (Finagle, ``NameTree.scala``.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


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
class Leaf(Generic[T]):
    """A path (in a dtab) or a bound name (in a binding)."""

    value: T


@dataclass(frozen=True, slots=True)
class Alt(Generic[T]):
    """Fallback, ``a | b``: left to right, the first that is not Neg."""

    trees: tuple[NameTree[T], ...]


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """One branch of a union; weights are relative to each other, never negative."""

    weight: float
    tree: NameTree[T]


@dataclass(frozen=True, slots=True)
class Union(Generic[T]):
    """Split, ``0.9 * a & 0.1 * b``: each request takes one branch by weight."""

    branches: tuple[Weighted[T], ...]


NameTree = Neg | Fail | Empty | Leaf[T] | Alt[T] | Union[T]

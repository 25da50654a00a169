"""What a namer says about a path. Namers publish answers and binding reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clew.mesh.naming.bound import Bound
from clew.mesh.naming.nametree import NameTree, leaves
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Missing:
    """The namer knows that nothing has this name (Neg: fallback goes on)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The namer has been asked and has not heard from the world yet."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The lookup itself failed; ``why`` names the place and the remedy."""

    why: str


@dataclass(frozen=True, slots=True)
class BoundTree:
    """The path was bound as a whole elsewhere, by a namerd, and this came of it."""

    tree: NameTree[Bound]


Answer = Bound | BoundTree | Missing | Waiting | Broken
"""``Bound.residual`` holds what the namer did not consume of the path that was asked."""

Answers = Mapping[Path, Answer]
"""By the whole path as a dtab writes it, ``/#/<prefix>/…``; a path not in it was never asked."""


def bounds(answer: Answer | None) -> Iterator[Bound]:
    """The bound names in an answer."""
    match answer:
        case Bound():
            yield answer
        case BoundTree(tree):
            yield from leaves(tree)

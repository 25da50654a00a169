"""What comes of binding a name."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.naming.bound import Bound
from clew.mesh.naming.nametree import NameTree
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Pending:
    """A namer has been asked and has not answered; the request waits, no fallback is tried."""

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The lookup itself went wrong, in Linkerd's words; no fallback is tried."""

    why: str


Outcome = NameTree[Bound] | Pending | Failed
"""A tree without Alt: Neg, Fail, Empty, a bound name, or a split among some."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name, bound."""

    outcome: Outcome
    wanted: frozenset[Path]
    """Every path of namers that the outcome depends on, answered or not."""
    advice: tuple[str, ...] = ()
    """What operators should know about it."""

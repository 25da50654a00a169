"""What an override changes: names of a router, bound without it and with it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import assert_never

import msgspec

from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.remote import bind_in
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.transformers import Transformer
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import AnyRouter
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, Neg, Union
from clew.mesh.naming.path import Path
from clew.mesh.xds.endpoints import branches
from clew.mesh.xds.names import read_asked


class Target(msgspec.Struct, frozen=True):
    """Where some of the requests go."""

    id: str
    residual: str
    share: float
    """Of all requests, 0 to 1."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a name comes to."""

    kind: str
    """``bound``, ``neg``, ``fail``, ``empty``, ``failed`` or ``pending``."""
    targets: tuple[Target, ...] = ()
    """In the order of the dtab; none unless it is bound."""
    why: str = ""
    """Why it failed or is waited for; empty for the others."""


class Change(msgspec.Struct, frozen=True):
    """A name that comes to something else."""

    name: str
    before: Goal
    after: Goal


class Impact(msgspec.Struct, frozen=True):
    """What becomes of some names."""

    changes: tuple[Change, ...]
    """In the order of the names; those that stay as they are are left out."""
    wanted: frozenset[Path]
    """Every path of namers that it depends on, answered or not."""
    waiting: bool
    """Whether a namer has not answered."""


def asked_names(clusters: Iterable[str], label: str, linker: Linker) -> list[Path]:
    """The logical names that requests without an override asked this router for, sorted."""
    asked = (read_asked(cluster, linker) for cluster in clusters)
    return sorted(
        {
            each.name
            for each in asked
            if each and each.router == label and each.identified and not each.override
        }
    )


def impact(
    names: Collection[Path],
    router: AnyRouter,
    override: Dtab,
    rules: Sequence[NamerRule],
    answers: Answers,
    transformers: Sequence[Transformer],
) -> Impact:
    """The last three are as :func:`clew.mesh.binding.binder.bind` takes them."""
    changes = []
    wanted: set[Path] = set()
    waiting = False
    for name in names:
        before, after = (
            bind_in(router, name, dtab, rules, answers, transformers)
            for dtab in (router.dtab, router.dtab + override)
        )
        wanted |= before.wanted | after.wanted
        waiting |= any(isinstance(each.outcome, Pending) for each in (before, after))
        change = Change(str(name), goal(before.outcome), goal(after.outcome))
        if change.before != change.after:
            changes.append(change)
    return Impact(tuple(changes), frozenset(wanted), waiting)


def goal(outcome: Outcome) -> Goal:
    """The outcome without addresses: endpoints that come and go change no name's way."""
    match outcome:
        case Neg():
            return Goal("neg")
        case Fail():
            return Goal("fail")
        case Empty():
            return Goal("empty")
        case Failed(why):
            return Goal("failed", why=why)
        case Pending(why):
            return Goal("pending", why=why)
        case Leaf() | Union() | Alt():
            parts = ((part.bound, part.share) for part in branches(outcome))
            return Goal(
                "bound",
                tuple(Target(str(b.id), str(b.residual), share) for b, share in parts),
            )
    assert_never(outcome)

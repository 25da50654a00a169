"""What the time makes of the roots: which are trusted, which signs, when there must be another."""

from __future__ import annotations

from collections.abc import Sequence

from clew.mesh.authority.issue import Leaf
from clew.mesh.authority.lives import LEAF_SHARE, ROOT_SHARE, Lives
from clew.mesh.authority.root import AuthorityError, Root


def trusted(roots: Sequence[Root], now: float) -> tuple[Root, ...]:
    """Whose leaves are accepted; also of those that do not sign yet, or no more."""
    return tuple(root for root in roots if now < root.ends)


def signer(roots: Sequence[Root], now: float, lives: Lives) -> Root | None:
    """The newest that every mesh has heard of by now; None when none is valid."""
    valid = sorted((root for root in roots if root.begins <= now < root.ends), key=_begins)
    settled = [root for root in valid if now >= _settled(root, lives)]
    # when none has settled, the oldest is the one that the most meshes know
    return settled[-1] if settled else next(iter(valid), None)


def root_is_due(roots: Sequence[Root], now: float) -> bool:
    """Whether there must be another one. Not before the first begins: then the clock is wrong."""
    begun = [root for root in roots if root.begins <= now]
    if not begun:
        return not roots
    newest = max(begun, key=_begins)
    return now >= _succession(newest)


def with_root(roots: Sequence[Root], root: Root, now: float) -> tuple[Root, ...]:
    """One more. Those that have ended leave, but for the newest: the clock here may be wrong."""
    newest = max(roots, key=_begins, default=None)
    return (*(each for each in roots if now < each.ends or each is newest), root)


def leaf_is_due(leaf: Leaf | None, roots: Sequence[Root], now: float) -> bool:
    """Whether a mesh that has these roots needs another leaf."""
    return leaf is None or leaf.issuer not in trusted(roots, now) or now >= renewal(leaf)


def renewal(leaf: Leaf) -> float:
    """When a leaf is to be replaced; seconds since the epoch."""
    return leaf.signed + (leaf.ends - leaf.signed) * LEAF_SHARE


def next_step(leaf: Leaf, roots: Sequence[Root], now: float) -> float:
    """Seconds since the epoch at which something will be due."""
    times = [renewal(leaf), *map(_succession, roots), *(root.ends for root in roots)]
    return min((time for time in times if time > now), default=now)


def check(roots: Sequence[Root], now: float, trust_domain: str, place: str) -> None:
    """That a mesh can live with these. Raises AuthorityError."""
    for root in roots:
        if root.trust_domain != trust_domain:
            raise AuthorityError(
                f"{place} is of the trust domain '{root.trust_domain}', not '{trust_domain}'",
                "set trustDomain of authority to the same for every mesh",
            )
    if roots and all(now < root.begins for root in roots):
        first = min(roots, key=_begins).certificate.not_valid_before_utc
        raise AuthorityError(
            f"the clock of this node is before {first:%Y-%m-%d %H:%M} UTC, when the authority in "
            f"{place} begins",
            "set the clock, as by NTP",
        )


def _begins(root: Root) -> float:
    return root.begins


def _settled(root: Root, lives: Lives) -> float:
    return root.begins + lives.skew + lives.settle


def _succession(root: Root) -> float:
    return root.begins + (root.ends - root.begins) * ROOT_SHARE

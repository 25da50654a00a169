from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mesh.authority.worlds import DOMAIN, LIVES, NOW, SHORT, key, root

from clew.mesh.authority.issue import Leaf, new_leaf, new_root
from clew.mesh.authority.lives import DAY
from clew.mesh.authority.plan import (
    check,
    leaf_is_due,
    next_step,
    renewal,
    root_is_due,
    signer,
    trusted,
    with_root,
)
from clew.mesh.authority.root import AuthorityError, Root

OLD = root()
NEXT_DUE = OLD.begins + (OLD.ends - OLD.begins) * 2 / 3
NEXT = root(NEXT_DUE)
BOTH = (OLD, NEXT)


@pytest.mark.parametrize(
    ("roots", "now", "due"),
    [
        ((), NOW, True),
        ((OLD,), NOW, False),
        ((OLD,), NEXT_DUE - 1, False),
        ((OLD,), NEXT_DUE, True),
        (BOTH, NEXT_DUE, False),
        ((OLD,), OLD.ends + DAY, True),
        ((OLD,), OLD.begins - 1, False),
    ],
    ids=["none", "young", "before 2/3", "2/3", "it is there", "ended", "clock too early"],
)
def test_when_there_must_be_another_root(roots: Sequence[Root], now: float, due: bool) -> None:
    assert root_is_due(roots, now) == due


@pytest.mark.parametrize(
    ("roots", "now", "expected"),
    [
        ((OLD,), NOW, OLD),
        (BOTH, NEXT_DUE, OLD),
        (BOTH, NEXT_DUE + DAY - 1, OLD),
        (BOTH, NEXT_DUE + DAY, NEXT),
        ((NEXT, OLD), NEXT_DUE + DAY, NEXT),
        (BOTH, OLD.ends, NEXT),
        ((OLD,), OLD.begins - 1, None),
        ((OLD,), OLD.ends, None),
    ],
    ids=["alone", "added", "settling", "settled", "any order", "alone again", "early", "ended"],
)
def test_who_signs(roots: Sequence[Root], now: float, expected: Root | None) -> None:
    assert signer(roots, now, LIVES) == expected


def test_a_root_that_comes_too_late_signs_when_the_old_one_ends() -> None:
    late = root(OLD.ends - 60)
    assert signer((OLD, late), OLD.ends - 1, LIVES) == OLD
    assert signer((OLD, late), OLD.ends, LIVES) == late


def test_both_roots_are_trusted_until_the_old_one_ends() -> None:
    assert trusted(BOTH, OLD.ends - 1) == BOTH
    assert trusted(BOTH, OLD.ends) == (NEXT,)


def test_one_node_whose_clock_is_years_ahead_takes_nothing_from_the_others() -> None:
    ahead = NOW + 3 * 365 * DAY
    roots = with_root((OLD,), root(ahead), ahead)
    assert OLD in roots
    assert signer(roots, NOW, LIVES) == OLD
    assert root_is_due(roots, NEXT_DUE)


def test_what_has_ended_leaves_when_another_comes() -> None:
    assert with_root(BOTH, root(OLD.ends + 1), OLD.ends + 1)[0] == NEXT


def test_a_leaf_is_renewed_at_half_of_its_life_or_when_its_root_is_gone() -> None:
    leaf = new_leaf(OLD, key(), NOW, LIVES)
    assert renewal(leaf) == NOW + DAY / 2
    assert next_step(leaf, [OLD], NOW) == renewal(leaf)
    assert leaf_is_due(None, [OLD], NOW)
    assert not leaf_is_due(leaf, [OLD], NOW + DAY / 2 - 1)
    assert leaf_is_due(leaf, [OLD], NOW + DAY / 2)
    assert leaf_is_due(leaf, [NEXT], NOW)


@pytest.mark.parametrize(
    ("roots", "now", "domain", "what"),
    [
        ([OLD], NOW, "other", "p is of the trust domain 'clew', not 'other'"),
        ([OLD], OLD.begins - 1, DOMAIN, "the clock of this node is before 2027-01-15 07:55 UTC"),
    ],
)
def test_what_no_mesh_can_live_with(roots: list[Root], now: float, domain: str, what: str) -> None:
    with pytest.raises(AuthorityError, match=what):
        check(roots, now, domain, "p")
    check([], now, domain, "p")


@dataclass
class Node:
    """One mesh: what it has read of the roots, and its leaf."""

    lag: float
    """Seconds for which it does not look."""
    off: float
    """Of its clock."""
    looked: float = -1e9
    roots: tuple[Root, ...] = ()
    leaf: Leaf | None = None

    def live(self, kept: list[tuple[Root, ...]], now: float) -> None:
        clock = now + self.off
        if now >= self.looked + self.lag:
            self.looked = now
            self.roots = kept[-1]
            if root_is_due(self.roots, clock):
                kept.append(with_root(self.roots, new_root(key(), clock, SHORT, DOMAIN), clock))
                self.roots = kept[-1]
        if leaf_is_due(self.leaf, self.roots, clock):
            signs = signer(self.roots, clock, SHORT)
            assert signs is not None
            self.leaf = new_leaf(signs, key(), clock, SHORT)

    def accepts(self, leaf: Leaf | None, now: float) -> bool:
        clock = now + self.off
        assert leaf is not None
        root = next((each for each in trusted(self.roots, clock) if each == leaf.issuer), None)
        in_time = leaf.begins <= clock < leaf.ends
        return root is not None and root.begins <= clock and in_time


@dataclass
class Life:
    """A few nodes on one place where roots are kept."""

    nodes: list[Node]
    kept: list[tuple[Root, ...]] = field(default_factory=lambda: [()])


# clocks are apart by no more than the skew, and everyone hears of a root before it signs
nodes = st.builds(
    Node,
    lag=st.integers(0, int(SHORT.settle - SHORT.skew) // 2),
    off=st.integers(0, int(SHORT.skew)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(nodes, min_size=2, max_size=3), st.lists(st.integers(15, 40), min_size=1))
def test_at_any_time_every_two_meshes_trust_each_other(
    nodes: list[Node], pauses: list[int]
) -> None:
    life = Life(nodes)
    now, step = NOW, 0
    while now < NOW + 1.25 * SHORT.root:
        for node in life.nodes:
            node.live(life.kept, now)
        for one in life.nodes:
            assert all(one.accepts(other.leaf, now) for other in life.nodes), (now - NOW, life)
        now += pauses[step % len(pauses)]
        step += 1
    assert len(life.kept) == 3  # the first, and one successor: two meshes at once make one

from __future__ import annotations

import pytest

from clew.mesh.binding.reasons import why_nowhere, why_unanswered
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import Addresses, AddrFailed, AddrNeg, Bound
from clew.mesh.naming.nametree import Empty, Fail, Neg
from clew.mesh.naming.path import Path

WEB = Path.read("/#/io.l5d.fs/web")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "not asked yet"),
        (Missing(), "does not exist"),
        (Waiting(), "its namer has not answered yet"),
        (Broken("disco is no directory"), "disco is no directory"),
        (BoundTree(Neg()), "is bound by namerd to no endpoints"),
        (Bound(WEB, Addresses(frozenset())), "has no endpoints"),
        (Bound(WEB, AddrNeg()), "Neg"),
        (Bound(WEB, AddrFailed("gone")), "Failed: gone"),
    ],
)
def test_what_was_said_of_a_path(answer: Answer | None, said: str) -> None:
    assert why_unanswered([(WEB, answer)]) == f"/#/io.l5d.fs/web: {said}"


def test_each_path_is_told() -> None:
    other = Path.read("/#/io.l5d.fs/other")
    assert why_unanswered([(WEB, Missing()), (other, Waiting())]) == (
        "/#/io.l5d.fs/web: does not exist; /#/io.l5d.fs/other: its namer has not answered yet"
    )


def test_a_rule_that_ends_the_name_is_told_before_what_namers_said() -> None:
    assert why_nowhere(Fail(), [(WEB, Missing())]) == "a dentry leads to ! (fail)"
    assert why_nowhere(Empty(), []) == "a dentry leads to $ (empty)"
    assert why_nowhere(Neg(), []) == "no dentry leads to a namer"
    empty = Bound(WEB, Addresses(frozenset()))
    assert why_nowhere(Empty(), [(WEB, empty)]) == "/#/io.l5d.fs/web: has no endpoints"

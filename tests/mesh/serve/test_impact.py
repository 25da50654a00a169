from __future__ import annotations

import pytest

from clew.mesh.binding.rules import NamerRule
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Addresses, Bound
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.serve.impact import Goal, Impact, Target, asked_names, impact

LINKER = read_linker(
    """
routers:
- protocol: http
  label: out
  dtab: /svc => /#/fs ; /svc/b => /#/fs/a
  servers: [{port: 1}]
- protocol: http
  label: out/er
  servers: [{port: 2}]
""",
    "linkerd.yml",
)
FS = [NamerRule(Path.read("/#/fs"))]
A, B, C = (Path.read(f"/#/fs/{name}") for name in "abc")
ANSWERS: dict[Path, Answer] = {
    A: Bound(A, Addresses(frozenset())),
    B: Bound(B, Addresses(frozenset())),
    Path.read("/#/fs/slow"): Waiting(),
    Path.read("/#/fs/gone"): Missing(),
    Path.read("/#/fs/sick"): Broken("it is ill"),
}


def compare(override: str, *names: str) -> Impact:
    paths = [Path.read(f"/svc/{name}") for name in names]
    return impact(paths, LINKER.routers[0], Dtab.read(override), FS, ANSWERS, ())


def bound(**shares: float) -> Goal:
    return Goal(
        "bound", tuple(Target(f"/#/fs/{name}", "/", share) for name, share in shares.items())
    )


@pytest.mark.parametrize(
    ("override", "after"),
    [
        ("/svc/a => /#/fs/b", bound(b=1.0)),
        ("/svc/a => 3 * /#/fs/a & 1 * /#/fs/b", bound(a=0.75, b=0.25)),
        ("/svc/a => /#/fs/gone", None),
        ("/svc/a => /#/fs/gone | !", Goal("fail")),
        ("/svc/a => $", Goal("empty")),
        ("/svc => ~ | !", Goal("fail")),
        ("/svc/a => /#/fs/sick", Goal("failed", why="it is ill")),
        (
            "/svc/a => /svc/a",
            Goal("failed", why="Max recursion level: 100 reached in Namer lookup"),
        ),
    ],
)
def test_a_name_that_binds_otherwise_is_told_with_both(override: str, after: Goal | None) -> None:
    changes = compare(override, "a").changes
    assert [(change.name, change.before, change.after) for change in changes] == (
        [] if after is None else [("/svc/a", bound(a=1.0), after)]
    )


def test_names_that_stay_are_left_out() -> None:
    told = compare("/svc/b => /#/fs/b ; /svc/a => /#/fs/a", "a", "b")
    assert [change.name for change in told.changes] == ["/svc/b"]
    assert not told.waiting


def test_a_namer_that_has_not_answered_is_wanted_and_waited_for() -> None:
    told = compare("/svc/a => /#/fs/slow", "a")
    assert told.waiting
    assert told.wanted == {A, Path.read("/#/fs/slow")}
    assert [change.after.kind for change in told.changes] == ["pending"]


def test_only_names_that_requests_asked_this_router_for_without_an_override() -> None:
    clusters = [
        "out/svc/b",
        "out/svc/a",
        "out/svc/a;dtab=/svc=>/b",
        "out/er/svc/c",
        "nobody/svc/d",
        "out/svc/",
    ]
    assert asked_names(clusters, "out", LINKER) == [Path.read("/svc/a"), Path.read("/svc/b")]

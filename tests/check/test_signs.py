from __future__ import annotations

from tests.check.spans import client, reported, server

from clew.check import signs
from clew.check.finding import Level


def test_no_traces_say_nothing() -> None:
    (only,) = signs.findings([])
    assert only.level is Level.WARNING


def test_whole_traces_are_said_to_be() -> None:
    (only,) = signs.findings(reported([[client("web", "1"), server("api", "2", "1")]]))
    assert (only.level, only.seen) == (Level.OK, "1 traces of the last hour are whole")


def test_what_is_only_told_leaves_traces_whole() -> None:
    told, whole = signs.findings(reported([[client("web", "1", remote="mysql")]]))
    assert (told.level, whole.level) == (Level.OK, Level.OK)


def test_each_sign_is_looked_for() -> None:
    orphan = [server("api", "2", "1", trace="a" * 32)]
    short = [server("web", "1", trace="b" * 16)]
    assert [each.check for each in signs.findings(reported([orphan, short]))] == ["sampling"]
    long = [server("web", "1", trace="c" * 32)]
    found = signs.findings(reported([orphan, short, long]))
    assert [each.check for each in found] == ["sampling", "trace ids"]

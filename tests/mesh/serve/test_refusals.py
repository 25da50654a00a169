from __future__ import annotations

from clew.mesh.serve.refusals import Refusals


def told(refusals: Refusals) -> list[tuple[str, str, int]]:
    return [(each.file, each.why, each.since) for each in refusals.all()]


def test_a_file_is_refused_since_its_mistake_until_it_is_mended() -> None:
    refusals = Refusals()
    refusals.note("b", "line 2", 20)
    refusals.note("a", "line 1", 10)
    refusals.note("a", "line 1", 30)
    assert told(refusals) == [("a", "line 1", 10), ("b", "line 2", 20)]
    refusals.note("a", "line 5", 40)
    assert told(refusals) == [("b", "line 2", 20), ("a", "line 5", 40)]
    refusals.note("b", "", 50)
    refusals.note("c", "", 50)
    assert told(refusals) == [("a", "line 5", 40)]

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from clew.mesh.naming.answer import Answers
from clew.mesh.naming.path import Path
from clew.mesh.serve import override_page
from clew.mesh.serve.impact import Change, Goal, Impact
from clew.mesh.serve.override_page import AT_ONCE, compared

NAMES = [Path.of("svc", str(n)) for n in range(2 * AT_ONCE + 1)]


def impact(names: Sequence[Path], answers: Answers) -> Impact:
    changes = (Change(str(name), Goal("neg"), Goal("empty")) for name in names)
    return Impact(tuple(changes), frozenset(), waiting=not answers)


class Namers:
    """Their answers, once they have any."""

    def __init__(self, *, answering: bool) -> None:
        self.answering = answering
        self.asked = 0

    async def explain(self, explain: Callable[[Answers], Impact]) -> Impact:
        self.asked += 1
        said = explain({})
        if not self.answering:
            await asyncio.Event().wait()
        return said


@pytest.mark.parametrize("answering", [True, False])
def test_all_names_are_told_of_some_at_a_time_even_if_namers_say_nothing(
    monkeypatch: pytest.MonkeyPatch, answering: bool
) -> None:
    monkeypatch.setattr(override_page, "DELEGATE_SECONDS", 0.05)
    namers = Namers(answering=answering)
    told = asyncio.run(compared(NAMES, namers, impact))
    assert told.names == len(NAMES)
    assert [change.name for change in told.changes] == list(map(str, NAMES))
    assert namers.asked == 3

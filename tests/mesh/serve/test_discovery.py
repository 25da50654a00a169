from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Answers, Broken, Missing, Waiting
from clew.mesh.naming.path import Path
from clew.mesh.serve import discovery
from clew.mesh.serve.discovery import Discovery

A, B = Path.read("/#/io.l5d.fs/a"), Path.read("/#/io.l5d.fs/b")


class Told:
    """A namer that answers Missing to all it is asked; it can be made to fail."""

    prefix = Path.read("/#/io.l5d.fs")

    def __init__(self, fails: int = 0) -> None:
        self.wanted: list[frozenset[Path]] = []
        self._fails = fails
        self._asked = asyncio.Event()

    def want(self, paths: frozenset[Path]) -> None:
        self.wanted.append(paths)
        self._asked.set()

    def state(self) -> Document:
        return {}

    async def run(self, publish: Callable[[Answers], None]) -> None:
        while True:
            if self._fails:
                self._fails -= 1
                raise OSError("a fault")
            publish({path: Missing() for path in self.wanted[-1]})
            self._asked.clear()
            await self._asked.wait()


@dataclass(frozen=True)
class Explained:
    said: Answer
    wanted: frozenset[Path]

    @property
    def waiting(self) -> bool:
        return isinstance(self.said, Waiting)


def explain(path: Path) -> Callable[[Answers], Explained]:
    return lambda answers: Explained(answers.get(path, Waiting()), frozenset({path}))


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_is_wanted_is_told_once_and_answered() -> None:
    async def scenario() -> None:
        changes = []
        found = Discovery(lambda: changes.append(1))
        namer = Told()
        found.use([namer])
        found.want(frozenset({A}))
        found.want(frozenset({A}))
        await settled()
        assert found.answers == {A: Missing()}
        assert namer.wanted == [frozenset(), frozenset({A})]
        assert changes
        await found.stop()

    asyncio.run(scenario())


def test_an_operators_question_is_asked_beside_envoys_names_and_only_while_it_waits() -> None:
    async def scenario() -> None:
        found = Discovery(lambda: None)
        namer = Told()
        found.use([namer])
        found.want(frozenset({A}))
        assert (await found.explain(explain(B))).said == Missing()
        assert namer.wanted[-2:] == [frozenset({A, B}), frozenset({A})]
        await found.stop()

    asyncio.run(scenario())


def test_a_question_that_nobody_answers_is_not_asked_for_ever() -> None:
    async def scenario() -> None:
        found = Discovery(lambda: None)
        namer = Told()
        found.use([namer])
        other = Path.read("/#/io.l5d.consul/x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(found.explain(explain(other)), 0.05)
        found.want(frozenset({A}))
        assert namer.wanted[-1] == {A}
        await found.stop()

    asyncio.run(scenario())


def test_other_namers_are_told_what_is_wanted() -> None:
    async def scenario() -> None:
        found = Discovery(lambda: None)
        found.use([Told()])
        found.want(frozenset({A}))
        later = Told()
        found.use([later])
        await settled()
        assert later.wanted == [frozenset({A})]
        assert found.answers == {A: Missing()}
        await found.stop()

    asyncio.run(scenario())


def test_namers_that_fail_are_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(discovery, "RESTART_SECONDS", 0)

    async def scenario() -> None:
        found = Discovery(lambda: None)
        found.use([Told(fails=1)])
        found.want(frozenset({A}))
        assert (await found.explain(explain(A))).said == Missing()
        await found.stop()

    asyncio.run(scenario())
    assert "the namers failed and are started again" in caplog.messages


def test_who_follows_hears_each_change_once_and_is_forgotten_when_gone() -> None:
    async def scenario() -> None:
        found = Discovery(lambda: None)
        namer = Told()
        found.use([namer])
        beside: list[Answer] = []

        def said(answers: Answers) -> Explained:
            return Explained(beside[0] if beside else answers.get(A, Waiting()), frozenset({A}))

        following = found.follow(said)
        assert (await anext(following)).said == Missing()
        later = asyncio.ensure_future(anext(following))
        await settled()
        found.stir()
        await settled()
        assert not later.done()  # it is the same
        beside.append(Broken("why"))
        found.stir()
        assert (await later).said == Broken("why")
        assert namer.wanted[-1] == {A}
        await following.aclose()
        assert namer.wanted[-1] == frozenset()
        await found.stop()

    asyncio.run(scenario())

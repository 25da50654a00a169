"""Names for what a Kubernetes cluster knows: watches what wanted paths need, and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import Collection, Lookup, Question, World
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.namers.k8s.state import state_of
from clew.mesh.namers.publishing import publish_changes
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Answers, Missing, Waiting
from clew.mesh.naming.path import Path

LINGER_SECONDS = 60.0
"""How long a collection is still watched when nobody wants it: names come back soon or never."""


class K8s:
    """Every name of the cluster under a prefix, understood as ``lookup`` says."""

    def __init__(self, prefix: Path, lookup: Lookup, new_api: Callable[[], Api]) -> None:
        self._prefix = prefix
        self._lookup = lookup
        self._new_api = new_api
        self._asked: dict[Path, Question | None] = {}
        self._answered: dict[Path, tuple[Sequence[object], Answer]] = {}
        """With what each answer follows from."""
        self._stirred = asyncio.Event()
        self._mirrors: dict[Collection, tuple[Mirror, asyncio.Task[None]]] = {}
        self._idle: dict[Collection, asyncio.TimerHandle] = {}

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        asked = self._asked
        self._asked = {
            path: asked[path] if path in asked else self._lookup.ask(self._prefix, path)
            for path in paths
        }
        self._stirred.set()

    def state(self) -> Document:
        questions = [question for question in self._asked.values() if question]
        watched = {each: (mirror.view, mirror.state) for each, (mirror, _) in self._mirrors.items()}
        return state_of(questions, watched)

    async def run(self, publish: Callable[[Answers], None]) -> None:
        async with asyncio.TaskGroup() as group:

            def look() -> tuple[Answers, bool]:
                self._watch(group)
                answers = self._answers()
                return answers, len(answers) == len(self._asked)

            try:
                await publish_changes(publish, self._stirred, look)
            finally:
                self._forget()

    def _answers(self) -> Answers:
        """What is not known yet is left out, as what has not been asked for."""
        world = {collection: mirror.view for collection, (mirror, _) in self._mirrors.items()}
        self._answered = dict(self._answer_all(world))
        return {
            path: answer
            for path, (_, answer) in self._answered.items()
            if not isinstance(answer, Waiting)
        }

    def _answer_all(self, world: World) -> Iterator[tuple[Path, tuple[Sequence[object], Answer]]]:
        for path, question in self._asked.items():
            if question is None:
                yield path, ((), Missing())
                continue
            evidence = question.evidence(world)
            known = self._answered.get(path)
            if known is None or known[0] != evidence:
                known = evidence, question.answer(world)
            yield path, known

    def _watch(self, group: asyncio.TaskGroup) -> None:
        """What the questions need; a fault of ours in a mirror ends them all."""
        needed = {each for question in self._asked.values() if question for each in question.needs}
        for collection in needed:
            if timer := self._idle.pop(collection, None):
                timer.cancel()
            if collection not in self._mirrors:
                mirror = Mirror(collection, self._new_api(), self._stirred.set)
                self._mirrors[collection] = mirror, group.create_task(mirror.run())
        loop = asyncio.get_running_loop()
        for collection in self._mirrors.keys() - needed - self._idle.keys():
            self._idle[collection] = loop.call_later(LINGER_SECONDS, self._drop, collection)

    def _drop(self, collection: Collection) -> None:
        del self._idle[collection]
        _, task = self._mirrors.pop(collection)
        task.cancel()

    def _forget(self) -> None:
        """The group ends the mirrors; to end them twice would cut off how they end."""
        for timer in self._idle.values():
            timer.cancel()
        self._idle.clear()
        self._mirrors.clear()

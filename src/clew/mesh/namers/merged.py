"""All configured namers as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from clew.mesh.namers import Namer
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Answers, Missing
from clew.mesh.naming.path import Path


class Merged:
    """Every path is asked of the namers whose prefix it has; a later namer's answer goes first."""

    prefix = Path.of("#")

    def __init__(self, namers: Sequence[Namer]) -> None:
        self._namers = tuple(reversed(namers))
        self._answers: list[Answers] = [{} for _ in namers]
        self._wanted: frozenset[Path] = frozenset()

    def want(self, paths: frozenset[Path]) -> None:
        self._wanted = paths
        for namer in self._namers:
            namer.want(frozenset(path for path in paths if path.startswith(namer.prefix)))

    @property
    def by_prefix(self) -> Mapping[str, Namer]:
        """``/io.l5d.fs`` and so on; of namers that share one it is the first that is asked."""
        return {str(namer.prefix.drop(1)): namer for namer in reversed(self._namers)}

    def state(self) -> Document:
        return {prefix: namer.state() for prefix, namer in self.by_prefix.items()}

    async def run(self, publish: Callable[[Answers], None]) -> None:
        """As the namers publish; without any namer there is nothing to wait for."""
        async with asyncio.TaskGroup() as group:
            for index, namer in enumerate(self._namers):

                def heard(answers: Answers, index: int = index) -> None:
                    self._answers[index] = answers
                    publish(self._merge())

                group.create_task(namer.run(heard))

    def _merge(self) -> Answers:
        """Paths that a namer has not got to are left out: they were never asked."""
        merged = {}
        for path in self._wanted:
            answer = self._answer(path)
            if answer is not None:
                merged[path] = answer
        return merged

    def _answer(self, path: Path) -> Answer | None:
        answer: Answer | None = None
        for namer, answers in zip(self._namers, self._answers, strict=True):
            if path.startswith(namer.prefix):
                answer = answers.get(path)
                if not isinstance(answer, Missing):
                    break
        return answer

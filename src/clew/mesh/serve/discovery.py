"""The namers at work: what Envoy and operators want of them, and what they have said last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Protocol, TypeVar

from clew.mesh.namers import Namer
from clew.mesh.namers.merged import Merged
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
"""Until namers that failed are started again; what they said last stays."""


class Explained(Protocol):
    """Something that follows from answers."""

    @property
    def wanted(self) -> frozenset[Path]:
        """What it depends on."""
        ...

    @property
    def waiting(self) -> bool:
        """Whether an answer that it depends on is not there."""
        ...


Explanation = TypeVar("Explanation", bound=Explained)


class Discovery:
    """Runs the namers of a file. ``on_change`` is called when ``answers`` has changed."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.answers: Answers = {}
        self._on_change = on_change
        self._namers = Merged(())
        self._running: asyncio.Task[None] | None = None
        self._wanted: frozenset[Path] = frozenset()
        self._questions: dict[object, frozenset[Path]] = {}
        """What operators ask just now, beside what Envoy has asked for."""
        self._told: frozenset[Path] = frozenset()
        """What the namers were last told to answer."""
        self._news = asyncio.Event()
        """Set, and replaced, when the namers have said something."""

    def use(self, namers: Sequence[Namer]) -> None:
        """These from now on. What those before have said stays until these say other things."""
        if self._running is not None:
            self._running.cancel()
        self._namers = Merged(namers)
        self._namers.want(self._told)
        self._running = asyncio.create_task(self._run(self._namers), name="namers")

    def want(self, paths: frozenset[Path]) -> None:
        """What Envoy's names depend on."""
        self._wanted = paths
        self._tell()

    @property
    def namers(self) -> Mapping[str, Namer]:
        """By prefix, as ``/namer_state`` names them: ``/io.l5d.fs``."""
        return self._namers.by_prefix

    async def explain(self, explain: Callable[[Answers], Explanation]) -> Explanation:
        """Once the namers have said all that it depends on; the caller bounds the time."""
        async with aclosing(self.follow(explain)) as explanations:
            return await anext(explanations)

    async def follow(
        self, explain: Callable[[Answers], Explanation]
    ) -> AsyncGenerator[Explanation, None]:
        """Each that does not wait and differs from the one before, until closed."""
        question = object()
        told: Explanation | None = None
        try:
            while True:
                news = self._news
                explanation = explain(self.answers)
                if not explanation.waiting and explanation != told:
                    told = explanation
                    yield explanation
                if not news.is_set():
                    self._questions[question] = explanation.wanted
                    self._tell()
                    await news.wait()
        finally:
            self._questions.pop(question, None)
            self._tell()

    def stir(self) -> None:
        """What explanations follow from beside answers has changed."""
        self._news.set()
        self._news = asyncio.Event()

    async def stop(self) -> None:
        """End the namers."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def _tell(self) -> None:
        told = self._wanted.union(*self._questions.values())
        if told != self._told:
            self._told = told
            self._namers.want(told)

    async def _run(self, namers: Merged) -> None:
        while True:
            try:
                await namers.run(self._heard)
            except Exception:
                # a namer copes with what the world does to it; this is a fault of ours
                log.exception("the namers failed and are started again")
                await asyncio.sleep(RESTART_SECONDS)
            else:
                return

    def _heard(self, answers: Answers) -> None:
        self.answers = answers
        self.stir()
        self._on_change()

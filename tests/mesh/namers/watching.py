"""A namer under test: what it has published, and a wait for what it shall publish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from clew.mesh.namers import Namer
from clew.mesh.naming.answer import Answer, Answers
from clew.mesh.naming.path import Path

PATIENCE_S = 20


class Watched:
    """Keeps every publication."""

    def __init__(self, namer: Namer) -> None:
        self.namer = namer
        self.published: list[Answers] = []
        self._heard = asyncio.Event()

    def publish(self, answers: Answers) -> None:
        self.published.append(dict(answers))
        self._heard.set()

    def want(self, *paths: str) -> None:
        self.namer.want(frozenset(map(Path.read, paths)))

    async def until(self, path: str, holds: Callable[[Answer], bool]) -> Answer:
        """The first answer for the path, from now on, of which ``holds`` is true."""
        wanted = Path.read(path)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._heard.clear()
                latest = self.published[-1] if self.published else {}
                if wanted in latest and holds(latest[wanted]):
                    return latest[wanted]
                await self._heard.wait()

    async def first(self) -> Answers:
        """The first publication."""
        async with asyncio.timeout(PATIENCE_S):
            await self._heard.wait()
        return self.published[0]

    async def answer(self, path: str) -> Answer:
        """Whatever is answered first."""
        return await self.until(path, lambda _: True)


async def eventually(condition: Callable[[], bool]) -> None:
    """The test's own timeout is the bound."""
    while True:
        if condition():
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def watched(namer: Namer) -> AsyncIterator[Watched]:
    """The namer, running."""
    watch = Watched(namer)
    running = asyncio.create_task(namer.run(watch.publish))
    try:
        yield watch
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

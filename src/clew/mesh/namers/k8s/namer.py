"""Names for what a Kubernetes cluster knows: watches what wanted paths need, and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import Collection, Lookup
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.naming.answer import Answers, Waiting
from clew.mesh.naming.path import Path

LINGER_SECONDS = 60.0
"""How long a collection is still watched when nobody wants it: names come back soon or never."""


class K8s:
    """Every name of the cluster under a prefix, understood as ``lookup`` says."""

    def __init__(self, prefix: Path, lookup: Lookup, new_api: Callable[[], Api]) -> None:
        self._prefix = prefix
        self._lookup = lookup
        self._new_api = new_api
        self._wanted: frozenset[Path] = frozenset()
        self._stirred = asyncio.Event()
        self._mirrors: dict[Collection, tuple[Mirror, asyncio.Task[None]]] = {}
        self._idle: dict[Collection, asyncio.TimerHandle] = {}

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        self._wanted = paths
        self._stirred.set()

    async def run(self, publish: Callable[[Answers], None]) -> None:
        published: Answers | None = None
        try:
            while True:
                self._stirred.clear()
                self._watch_what_is_needed()
                answers = self._answers()
                if answers != published:
                    publish(answers)
                    published = answers
                await self._stirred.wait()
        finally:
            await self._end(list(self._mirrors))

    def _answers(self) -> Answers:
        """What is not known yet is left out, as what has not been asked for."""
        world = {collection: mirror.view for collection, (mirror, _) in self._mirrors.items()}
        depth = len(self._prefix)
        answers = {
            path: self._lookup.answer(self._prefix, path.drop(depth), world)
            for path in self._wanted
        }
        return {path: each for path, each in answers.items() if not isinstance(each, Waiting)}

    def _watch_what_is_needed(self) -> None:
        depth = len(self._prefix)
        needed = frozenset[Collection]().union(
            *(self._lookup.needs(path.drop(depth)) for path in self._wanted)
        )
        for collection in needed:
            if timer := self._idle.pop(collection, None):
                timer.cancel()
            if collection not in self._mirrors:
                mirror = Mirror(collection, self._new_api(), self._stirred.set)
                self._mirrors[collection] = mirror, asyncio.create_task(mirror.run())
        loop = asyncio.get_running_loop()
        for collection in self._mirrors.keys() - needed - self._idle.keys():
            self._idle[collection] = loop.call_later(LINGER_SECONDS, self._drop, collection)

    def _drop(self, collection: Collection) -> None:
        del self._idle[collection]
        _, task = self._mirrors.pop(collection)
        task.cancel()

    async def _end(self, collections: list[Collection]) -> None:
        for timer in self._idle.values():
            timer.cancel()
        self._idle.clear()
        tasks = [self._mirrors.pop(collection)[1] for collection in collections]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

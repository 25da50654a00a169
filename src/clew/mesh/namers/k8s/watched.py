"""Collections of Kubernetes that are watched for as long as something is made of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import Collection, View
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.namers.watch_state import Document

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
"""Until a watch that failed is started again; what it said last stays."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collection is."""

    host: str
    port: int
    """Of the API server, or of a proxy that may stand for it."""
    collection: Collection


@dataclass(frozen=True, slots=True)
class _Watch:
    mirror: Mirror
    task: asyncio.Task[None]


class Watched:
    """What is in some places. ``on_change`` is called when a view is another."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._watches: dict[Place, _Watch] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def use(self, places: frozenset[Place]) -> None:
        """These from now on; what is known of those that stay is kept."""
        for place in self._watches.keys() - places:
            self._end(self._watches.pop(place))
        for place in places - self._watches.keys():
            mirror = Mirror(place.collection, Api.at(place.host, place.port), self._on_change)
            task = asyncio.create_task(_keep(mirror), name=f"watch {place.collection}")
            self._watches[place] = _Watch(mirror, task)

    def view(self, place: Place) -> View:
        """What is known; nothing of a place that is not watched."""
        watch = self._watches.get(place)
        return View() if watch is None else watch.mirror.view

    def state(self, place: Place, value: object) -> Document:
        """How the watch of a place goes, for operators; ``value`` is what was made of it."""
        state = self._watches[place].mirror.state
        return {"state": state.state(value), "watch": state.watch()}

    async def stop(self) -> None:
        """End every watch."""
        self.use(frozenset())
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, watch: _Watch) -> None:
        watch.task.cancel()
        self._ending.add(watch.task)
        watch.task.add_done_callback(self._ending.discard)


async def _keep(mirror: Mirror) -> None:
    while True:
        try:
            await mirror.run()
        except Exception:
            # a mirror copes with what the server does to it; this is a fault of ours
            log.exception("a watch of Kubernetes failed and is started again")
            await asyncio.sleep(RESTART_SECONDS)

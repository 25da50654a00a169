"""One collection of the API server, kept up to date here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from random import random
from typing import assert_never

from clew.mesh.namers.k8s.api import Api, ApiError
from clew.mesh.namers.k8s.lookups import Collection, View, by_name
from clew.mesh.namers.k8s.messages import SOURCES
from clew.mesh.namers.k8s.objects import Kept
from clew.mesh.namers.k8s.reflector import (
    Delete,
    Ended,
    Failure,
    Heard,
    List,
    Put,
    Reflector,
    Wait,
    Waited,
    Watch,
)
from clew.mesh.namers.watch_state import WatchState

log = logging.getLogger(__name__)


class Mirror:
    """Does what the reflector says. ``on_change`` is called when ``view`` would be another."""

    def __init__(self, collection: Collection, api: Api, on_change: Callable[[], None]) -> None:
        self._collection = collection
        self._api = api
        self._on_change = on_change
        self._reflector = Reflector[Kept](len(SOURCES[collection.kind]), random)
        self._told = ""
        self._view: View | None = View()
        self.state = WatchState()

    @property
    def view(self) -> View:
        """What is known now."""
        if self._view is None:
            reflector = self._reflector
            objects = by_name(reflector.objects.values())
            trouble = reflector.trouble if reflector.hopeless else ""
            self._view = View(objects, reflector.synced, trouble)
        return self._view

    def learn(self, change: Put[Kept] | Delete) -> None:
        """What has come of a change that was made here."""
        if self._reflector.learn(change):
            self._changed()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._act()
                except ApiError as error:
                    self._hear(error.failure)
        finally:
            await self._api.close()

    async def _act(self) -> None:
        action = self._reflector.next
        match action:
            case List():
                self.state.asked(f"list {self._collection}")
                self._hear(await self._api.page(self._collection, action))
            case Watch(version=version):
                self.state.asked(f"watch {self._collection} from version {version}")
                async with aclosing(self._api.events(self._collection, action)) as events:
                    async for event in events:
                        self._hear(event)
                        if self._reflector.next is not action:
                            return
                self._hear(Ended())
            case Wait(seconds):
                await asyncio.sleep(seconds)
                self._hear(Waited())
            case _:
                assert_never(action)

    def _hear(self, what: Heard[Kept]) -> None:
        match what:
            case Waited():
                pass
            case Failure(why=why):
                self.state.failed(why)
            case _:
                self.state.heard()
        if self._reflector.heard(what):
            self._changed()
        trouble = self._reflector.trouble
        if trouble != self._told:
            self._told = trouble
            if trouble:
                stays = "; what was known stays in use" if self._reflector.synced else ""
                log.warning("%s%s", trouble, stays)
            else:
                log.info("%s can be read again", self._collection)

    def _changed(self) -> None:
        self.state.updated()
        self._view = None
        self._on_change()

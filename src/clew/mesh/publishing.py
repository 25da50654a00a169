"""What Envoy has of the mesh: made anew whenever something changed, and pushed where it differs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from clew.mesh.compile import NOTHING, Admission, Compiled
from clew.mesh.config.linker import Linker
from clew.mesh.envoy.stats import EnvoyUnreachable
from clew.mesh.naming.answer import Answers
from clew.mesh.serve.admission import Crowd
from clew.mesh.serve.ads import AdsServer
from clew.mesh.serve.background import background
from clew.mesh.serve.discovery import Discovery
from clew.mesh.serve.idle_names import IdleNames, reading_pause
from clew.mesh.serve.name_gauges import NameGauges
from clew.mesh.serve.names_page import Ages, names_document

log = logging.getLogger(__name__)

FORGET_AFTER = 0.2
"""Seconds between a new epoch and the end of the doubtful names of the last one, so that Envoy can
already ask for them again when it loses them."""
LONGEST_GATHERING = 0.1
"""Seconds of waiting for more changes after some were published, if that took as long."""


class Compile(Protocol):
    """Makes what Envoy is to have; ``previous`` is what it has."""

    def __call__(
        self, asked: Collection[str], answers: Answers, *, admission: Admission, previous: Compiled
    ) -> Compiled: ...


class Publishing:
    """From what Envoy asks for and namers answer to what it is given, for as long as it runs."""

    def __init__(
        self,
        compile_mesh: Compile,
        linker: Callable[[], Linker],
        socket: Path,
        statistics: Callable[[str], Awaitable[bytes]],
        crowd: Crowd,
        registry: CollectorRegistry,
        on_published: Callable[[Compiled], None],
    ) -> None:
        """Envoy asks at ``socket``; ``statistics`` takes a pattern of what it counts."""
        self._compile_mesh = compile_mesh
        self._linker = linker
        self._crowd = crowd
        self._on_published = on_published
        self._clock = asyncio.get_running_loop().time
        self._changed = asyncio.Event()
        self._leaving: frozenset[str] = frozenset()
        self._ages = Ages()
        self._gauges = NameGauges(registry)
        self._ads = AdsServer(socket, self.change, registry)
        self._idle = IdleNames(statistics, self._clock)
        self.discovery = Discovery(self.change)
        self.compiled = NOTHING
        """What Envoy was given last."""

    def change(self) -> None:
        """Something is not as it was when it was published last."""
        self._changed.set()

    async def start(self, stack: AsyncExitStack) -> None:
        """Return when Envoy may ask."""
        stack.push_async_callback(self.discovery.stop)
        self._publish()
        await self._ads.start()
        stack.push_async_callback(self._ads.stop)
        background(stack, self._keep_publishing(), "publish")

    def watch_uses(self, stack: AsyncExitStack) -> None:
        """Let names leave that rest, until ``stack`` ends; before that there are statistics."""
        background(stack, self._keep_reading_uses(), "idle names")

    def names(self) -> Mapping[str, Any]:
        """``/clew/names.json``."""
        return names_document(self.compiled, self._ages, self._clock(), self._ads.refusals)

    async def _keep_publishing(self) -> None:
        """Whenever Envoy asks, a namer answers, the file is edited, names leave, epochs end."""
        while True:
            until = self._crowd.until
            wait = None if until is None else max(0.0, until - self._clock())
            # not wait_for, which in Python 3.11 may swallow the cancellation that ends this
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            self._changed.clear()
            begun = self._clock()
            try:
                if self._crowd.next_epoch(begun):
                    await self._make_room()
                elif self._leaving and self._crowd.renew(begun):
                    log.info("%d names leave that no request uses", len(self._leaving))
                    await self._forget(self._leaving)
                self._leaving = frozenset()
                self._publish()
            except Exception:
                # a fault of ours: Envoy goes on with what it has, and the next change is tried
                log.exception("the configuration for Envoy could not be made")
            # Envoy asks for one name at a time: with thousands, several are answered at once
            await asyncio.sleep(min(self._clock() - begun, LONGEST_GATHERING))

    def _publish(self) -> None:
        compiled = self._compile()
        admission = self._crowd.admission
        self._crowd.refuse(compiled.refused, self._clock())
        if self._crowd.admission != admission:
            # the routes must know of the crowd before the first name is refused
            compiled = self._compile()
        for advice in sorted(compiled.advice - self.compiled.advice):
            log.warning("%s", advice)
        self.compiled = compiled
        self._ages.update(compiled.names, self._clock())
        self.discovery.want(compiled.wanted)
        epoch = self._crowd.admission.epoch
        self._ads.publish(compiled.snapshot, gone=compiled.refused, epoch=epoch)
        self._gauges.show(compiled, self._crowd)
        self._on_published(compiled)

    def _compile(self) -> Compiled:
        return self._compile_mesh(
            self._ads.asked,
            self.discovery.answers,
            admission=self._crowd.admission,
            previous=self.compiled,
        )

    async def _keep_reading_uses(self) -> None:
        while True:
            await asyncio.sleep(reading_pause(self._linker()))
            with suppress(EnvoyUnreachable):
                await self._idle.read(self.compiled.names)
                if leaving := self._idle.leaving(self.compiled.names, self._linker()):
                    self._leaving = leaving
                    self.change()

    async def _make_room(self) -> None:
        log.warning("too many names were asked for; room is made for others")
        with suppress(EnvoyUnreachable):
            await self._idle.read(self.compiled.names)
        await self._forget(self._idle.in_the_way(self.compiled.names, self._linker()))

    async def _forget(self, names: Collection[str]) -> None:
        """In a new epoch, in which Envoy asks for them again when a request needs them."""
        epoch = self._crowd.admission.epoch
        self._publish()
        await asyncio.sleep(FORGET_AFTER)
        self._ads.forget(names, before=epoch)

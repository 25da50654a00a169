"""A namer whose services are followed one by one: by a long poll, or by asking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clew.mesh.namers.publishing import publish_changes
from clew.mesh.namers.watch_state import Document, WatchState
from clew.mesh.naming.addr_state import addr_state
from clew.mesh.naming.answer import Answer, Answers, Missing
from clew.mesh.naming.bound import Addresses, AddrNeg, AddrPending, Bound
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Found:
    """A service that there is."""

    name: Path
    """As ids show it below the prefix. It has as many segments as it takes of the path."""
    addresses: Addresses


class Watch:
    """How a source tells what it finds of one service."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.state = WatchState()
        self.found: Found | None = None
        """None when there is no such service."""
        self.known = False
        """Whether anything has been told yet."""
        self._on_change = on_change

    def tell(self, found: Found | None) -> None:
        """The world says so now."""
        self.state.heard()
        if not self.known or found != self.found:
            self._know(found)

    def fail(self, error: str) -> None:
        """The world says nothing: what is known stays, and what is not has no name."""
        self.state.failed(error)
        if not self.known:
            self._know(None)

    def value(self) -> Document:
        """What is known, for operators."""
        if not self.known:
            return addr_state(AddrPending())
        return addr_state(AddrNeg() if self.found is None else self.found.addresses)

    def _know(self, found: Found | None) -> None:
        self.found, self.known = found, True
        self.state.updated()
        self._on_change()


class Source(Protocol):
    """Where services are found."""

    def service(self, path: Path) -> Path | None:
        """What of a path below the prefix decides what is found; None when nothing can be."""
        ...

    async def follow(self, service: Path, watch: Watch) -> None:
        """Tell what is found, and tell again when it changes, until cancelled."""
        ...


class Following:
    """Every service of a source under a prefix."""

    def __init__(self, prefix: Path, source: Source, word: str = "watch") -> None:
        """``word`` is what Linkerd calls the requests of this kind in ``/namer_state``."""
        self._prefix = prefix
        self._source = source
        self._word = word
        self._asked: dict[Path, Path | None] = {}
        """By path the service that it names."""
        self._watches: dict[Path, tuple[Watch, asyncio.Task[None]]] = {}
        self._stirred = asyncio.Event()

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        depth = len(self._prefix)
        self._asked = {path: self._source.service(path.drop(depth)) for path in paths}
        self._stirred.set()

    def state(self) -> Document:
        return {
            str(self._prefix + service): {
                "state": watch.state.state(watch.value()),
                self._word: watch.state.watch(),
            }
            for service, (watch, _) in sorted(self._watches.items())
        }

    async def run(self, publish: Callable[[Answers], None]) -> None:
        async with asyncio.TaskGroup() as group:

            def look() -> tuple[Answers, bool]:
                self._follow(group)
                answers = self._answers()
                return answers, len(answers) == len(self._asked)

            try:
                await publish_changes(publish, self._stirred, look)
            finally:
                # the group ends the tasks
                self._watches.clear()

    def _follow(self, group: asyncio.TaskGroup) -> None:
        services = {service for service in self._asked.values() if service is not None}
        for service in self._watches.keys() - services:
            _, task = self._watches.pop(service)
            task.cancel()
        for service in services - self._watches.keys():
            watch = Watch(self._stirred.set)
            task = group.create_task(self._source.follow(service, watch))
            self._watches[service] = watch, task

    def _answers(self) -> Answers:
        """What is not known yet is left out, as what has not been asked for."""
        return {
            path: self._answer(path, service)
            for path, service in self._asked.items()
            if service is None or self._watches[service][0].known
        }

    def _answer(self, path: Path, service: Path | None) -> Answer:
        found = None if service is None else self._watches[service][0].found
        if found is None:
            return Missing()
        residual = path.drop(len(self._prefix) + len(found.name))
        return Bound(self._prefix + found.name, found.addresses, residual)

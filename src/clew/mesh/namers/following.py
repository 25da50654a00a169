"""A namer whose services are followed one by one: by a long poll, or by asking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from clew.mesh.namers.publishing import publish_changes
from clew.mesh.naming.answer import Answer, Answers, Missing
from clew.mesh.naming.bound import Addresses, Bound
from clew.mesh.naming.path import Path

Found = Addresses | None
"""The endpoints of a service; None when there is no such service."""


class Source(Protocol):
    """Where services are found."""

    def service(self, path: Path) -> Path | None:
        """The head of a path below the prefix that names a service, as ids show it; None when no
        service can have such a name. It has as many segments as it takes of the path."""
        ...

    async def follow(self, service: Path, tell: Callable[[Found], None]) -> None:
        """Tell what is found, and tell again when it changes, until cancelled."""
        ...


class Following:
    """Every service of a source under a prefix."""

    def __init__(self, prefix: Path, source: Source) -> None:
        self._prefix = prefix
        self._source = source
        self._asked: dict[Path, Path | None] = {}
        """By path the service that it names."""
        self._found: dict[Path, Found] = {}
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self._stirred = asyncio.Event()

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        depth = len(self._prefix)
        self._asked = {path: self._source.service(path.drop(depth)) for path in paths}
        self._stirred.set()

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
                self._tasks.clear()
                self._found.clear()

    def _follow(self, group: asyncio.TaskGroup) -> None:
        services = {service for service in self._asked.values() if service is not None}
        for service in self._tasks.keys() - services:
            self._tasks.pop(service).cancel()
            self._found.pop(service, None)
        for service in services - self._tasks.keys():

            def tell(found: Found, service: Path = service) -> None:
                # a task that is being ended may still have something to say
                if service in self._tasks:
                    self._found[service] = found
                    self._stirred.set()

            self._tasks[service] = group.create_task(self._source.follow(service, tell))

    def _answers(self) -> Answers:
        """What is not known yet is left out, as what has not been asked for."""
        return {
            path: self._answer(path, service)
            for path, service in self._asked.items()
            if service is None or service in self._found
        }

    def _answer(self, path: Path, service: Path | None) -> Answer:
        found = None if service is None else self._found[service]
        if service is None or found is None:
            return Missing()
        residual = path.drop(len(self._prefix) + len(service))
        return Bound(self._prefix + service, found, residual)

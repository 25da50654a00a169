"""What every namer does. An implementation inherits the class and says how its world changes."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from tests.mesh.namers.watching import watched

from clew.mesh.namers import Namer
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Missing
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.path import Path

ONE = ("10.0.0.1", 8080)
TWO = ("10.0.0.2", 8080)


def addresses(answer: Answer) -> list[tuple[str, int]] | None:
    """Sorted; None when the answer has no set of addresses."""
    if isinstance(answer, Bound) and isinstance(answer.addr, Addresses):
        return sorted((member.host, member.port) for member in answer.addr.members)
    return None


def _states(document: Document) -> Iterator[Document]:
    """Wherever they are in it."""
    for key, value in document.items():
        if key == "state":
            yield value
        elif isinstance(value, dict):
            yield from _states(value)


class NamerContract(ABC):
    """Names here are ``<prefix>/hello`` and ``<prefix>/world``."""

    empty_has_a_name: ClassVar[bool] = True
    """Whether a name without endpoints is bound to none, and not missing."""

    @abstractmethod
    def new_namer(self) -> Namer:
        """A namer over a world in which nothing has a name."""

    @abstractmethod
    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        """From now on the name has these endpoints."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """From now on the name does not exist."""

    def test_answers_what_is_wanted_before_it_runs(self) -> None:
        async def scene() -> None:
            namer = self.new_namer()
            self.put("hello", [ONE, TWO])
            path = namer.prefix + Path.of("hello")
            namer.want(frozenset([path]))
            async with watched(namer) as watch:
                members = frozenset([Address(*ONE), Address(*TWO)])
                assert await watch.answer(str(path)) == Bound(path, Addresses(members))

        asyncio.run(scene())

    def test_answers_what_is_wanted_later_without_an_event(self) -> None:
        async def scene() -> None:
            namer = self.new_namer()
            self.put("hello", [ONE])
            self.put("world", [TWO])
            async with watched(namer) as watch:
                hello, world = f"{namer.prefix}/hello", f"{namer.prefix}/world"
                watch.want(hello)
                assert addresses(await watch.answer(hello)) == [ONE]
                watch.want(hello, world)
                assert addresses(await watch.answer(world)) == [TWO]
                assert Path.read(hello) in watch.published[-1]

        asyncio.run(scene())

    def test_publishes_every_change(self) -> None:
        async def scene() -> None:
            namer = self.new_namer()
            async with watched(namer) as watch:
                hello = f"{namer.prefix}/hello"
                watch.want(hello)
                assert await watch.answer(hello) == Missing()
                self.put("hello", [ONE])
                await watch.until(hello, lambda answer: addresses(answer) == [ONE])
                self.put("hello", [ONE, TWO])
                await watch.until(hello, lambda answer: addresses(answer) == [ONE, TWO])
                self.put("hello", [])
                without: list[tuple[str, int]] | None = [] if self.empty_has_a_name else None
                await watch.until(hello, lambda answer: addresses(answer) == without)
                self.remove("hello")
                await watch.until(hello, lambda answer: answer == Missing())

        asyncio.run(scene())

    def test_stops_answering_what_is_no_longer_wanted(self) -> None:
        async def scene() -> None:
            namer = self.new_namer()
            self.put("hello", [ONE])
            self.put("world", [TWO])
            async with watched(namer) as watch:
                hello, world = f"{namer.prefix}/hello", f"{namer.prefix}/world"
                watch.want(hello, world)
                await watch.answer(world)
                watch.want(world)
                self.put("world", [ONE])
                await watch.until(world, lambda answer: addresses(answer) == [ONE])
                assert set(watch.published[-1]) == {Path.read(world)}

        asyncio.run(scene())

    def test_shows_what_it_watches_and_knows_as_json(self) -> None:
        async def scene() -> None:
            namer = self.new_namer()
            json.dumps(namer.state())
            self.put("hello", [ONE])
            async with watched(namer) as watch:
                hello = f"{namer.prefix}/hello"
                watch.want(hello)
                await watch.until(hello, lambda answer: addresses(answer) == [ONE])
                shown = json.dumps(namer.state())
                assert "hello" in shown
                assert ONE[0] in shown
                (state, *_) = _states(namer.state())
                assert state["running"] is True
                assert state["lastStartedAt"].endswith(" +0000")
                assert state["lastUpdatedAt"].endswith(" +0000")

        asyncio.run(scene())

    def test_publishes_once_even_when_nothing_is_wanted(self) -> None:
        async def scene() -> None:
            async with watched(self.new_namer()) as watch:
                assert await watch.first() == {}

        asyncio.run(scene())

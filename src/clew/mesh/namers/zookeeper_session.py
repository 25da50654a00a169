"""A session with ZooKeeper for the event loop. kazoo works in threads of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from kazoo.client import KazooClient
from kazoo.exceptions import (
    ConnectionClosedError,
    ConnectionLoss,
    NoNodeError,
    SessionExpiredError,
)
from kazoo.retry import KazooRetry

log = logging.getLogger(__name__)

Stir = Callable[[], None]
T = TypeVar("T")

ANSWER_SECONDS = 10.0
"""For an answer, the connection included."""
AWAY = (ConnectionClosedError, ConnectionLoss, SessionExpiredError, TimeoutError)
"""What questions raise while ZooKeeper is away, which the session tells once an outage."""


class Session(Protocol):
    """What is asked is also watched: ``stir`` is called once when it changes."""

    async def children(self, node: str, stir: Stir) -> list[str] | None:
        """None when there is no such node. Raises KazooException or TimeoutError."""
        ...

    async def data(self, node: str, stir: Stir) -> bytes | None:
        """None when there is no such node. Raises KazooException or TimeoutError."""
        ...

    def listen(self, stir: Stir) -> None:
        """Call it whenever the connection is there again: changes may have been missed."""
        ...

    def forget(self, stir: Stir) -> None:
        """Never call it again."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class KazooSession:
    """Connects at once, and again for ever."""

    def __init__(self, hosts: str, new_client: Callable[..., KazooClient] = KazooClient) -> None:
        self._hosts = hosts
        self._away = False
        self._loop = asyncio.get_running_loop()
        self._listening: set[Stir] = set()
        self._client = new_client(
            hosts=hosts,
            read_only=True,
            connection_retry=KazooRetry(max_tries=-1, max_delay=5.0),
        )
        self._client.add_listener(self._on_state)
        self._client.start_async()

    async def children(self, node: str, stir: Stir) -> list[str] | None:
        try:
            return list(await self._answer(self._client.get_children_async, node, stir))
        except NoNodeError:
            # a node that is not there has no children to watch, but its coming can be watched
            there = await self._answer(self._client.exists_async, node, stir)
            return None if there is None else []

    async def data(self, node: str, stir: Stir) -> bytes | None:
        try:
            content, _ = await self._answer(self._client.get_async, node, stir)
        except NoNodeError:
            return None
        return bytes(content)

    def listen(self, stir: Stir) -> None:
        self._listening.add(stir)

    def forget(self, stir: Stir) -> None:
        self._listening.discard(stir)

    async def close(self) -> None:
        self._client.remove_listener(self._on_state)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._client.stop()
        self._client.close()

    async def _answer(self, ask: Callable[..., Any], node: str, stir: Stir) -> Any:
        answered = asyncio.Event()
        # the threads of kazoo come to the loop here and in _on_state only
        result = ask(node, watch=_Waker(self._loop, stir))
        result.rawlink(lambda _: _call(self._loop, answered.set))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await answered.wait()
        except TimeoutError:
            self._on_away()  # also where it was never there, of which there is no event
            raise
        return result.get(block=False)

    def _on_state(self, state: str) -> None:
        _call(self._loop, self._on_there if state == "CONNECTED" else self._on_away)

    def _on_away(self) -> None:
        if not self._away:
            log.warning("ZooKeeper at %s is away; what is known stays in use", self._hosts)
        self._away = True

    def _on_there(self) -> None:
        if self._away:
            log.info("ZooKeeper at %s is there again", self._hosts)
        self._away = False
        for stir in self._listening:
            stir()


class _Waker:
    """A watch; equal ones are one, so that kazoo keeps it once however often it is set."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stir: Stir) -> None:
        self._loop = loop
        self._stir = stir

    def __call__(self, _: object) -> None:
        _call(self._loop, self._stir)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Waker) and other._stir == self._stir

    def __hash__(self) -> int:
        return hash(self._stir)


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """From any thread; nothing happens when the loop is over."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)

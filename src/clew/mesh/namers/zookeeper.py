"""io.l5d.serversets and io.l5d.zkLeader: groups of ZooKeeper nodes, watched."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from kazoo.exceptions import KazooException

from clew.mesh.namers.following import Found, Watch
from clew.mesh.namers.zookeeper_session import AWAY, Session
from clew.mesh.naming.bound import Address, Addresses
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

MEMBER = "member_"
"""Begins the names of the nodes that make up a group."""
FIRST_BACKOFF, LONGEST_BACKOFF = 0.1, 10.0
"""Seconds between questions that fail, doubled from one to the next."""


class Group(Protocol):
    """What the members of a group mean."""

    def node(self, path: Path) -> Path:
        """The node that a path, of its namer or the head of one, leads to."""
        ...

    def chosen(self, members: Iterable[str]) -> Iterable[str]:
        """Those whose data matter."""
        ...

    def addresses(self, path: Path, data: Mapping[str, bytes]) -> frozenset[Address]:
        """The endpoints, by the data of the chosen. Raises ValueError."""
        ...


class ZooKeeper:
    """``/<node>/…``: the longest head of a path that leads to a group with endpoints."""

    def __init__(self, hosts: str, group: Group, new_session: Callable[[str], Session]) -> None:
        """``hosts`` are ``host:port``, with commas between."""
        self._hosts = hosts
        self._group = group
        self._new_session = new_session
        self._session: Session | None = None
        self._users = 0

    def service(self, path: Path) -> Path | None:
        return path if path and all(map(_is_name, path.segments)) else None

    async def follow(self, service: Path, watch: Watch) -> None:
        changed = asyncio.Event()
        # one object: ZooKeeper calls a watch that is set twice only once
        stir = changed.set
        backoff = FIRST_BACKOFF
        session = self._take()
        session.listen(stir)
        try:
            while True:
                changed.clear()
                watch.state.asked(f"children of {self._group.node(service)}")
                try:
                    watch.tell(await self._find(session, service, stir))
                except (KazooException, ValueError, TimeoutError) as error:
                    watch.fail(str(error) or type(error).__name__)
                    if backoff == FIRST_BACKOFF and not isinstance(error, AWAY):
                        log.warning("ZooKeeper at %s, %s: %r", self._hosts, service, error)
                    await asyncio.sleep(backoff * random.uniform(0.5, 1))
                    backoff = min(2 * backoff, LONGEST_BACKOFF)
                else:
                    backoff = FIRST_BACKOFF
                    await changed.wait()
        finally:
            session.forget(stir)
            await self._release()

    async def _find(
        self, session: Session, service: Path, stir: Callable[[], None]
    ) -> Found | None:
        for depth in range(len(service), 0, -1):
            name = service.take(depth)
            node = _written(self._group.node(name))
            members = await session.children(node, stir)
            if members is None:
                continue
            chosen = self._group.chosen(each for each in members if each.startswith(MEMBER))
            data = {each: await session.data(f"{node}/{each}", stir) for each in sorted(chosen)}
            alive = {each: content for each, content in data.items() if content is not None}
            addresses = self._group.addresses(name, alive)
            if addresses:
                return Found(name, Addresses(addresses))
        return None

    def _take(self) -> Session:
        if self._session is None:
            self._session = self._new_session(self._hosts)
        self._users += 1
        return self._session

    async def _release(self) -> None:
        self._users -= 1
        if self._users == 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()


def _is_name(segment: bytes) -> bool:
    """Of a node. What is none could leave the node that it stands in."""
    try:
        name = segment.decode()
    except UnicodeDecodeError:
        return False
    return name not in ("", ".", "..") and "/" not in name and name.isprintable()


def _written(node: Path) -> str:
    return "".join(f"/{segment.decode()}" for segment in node.segments)

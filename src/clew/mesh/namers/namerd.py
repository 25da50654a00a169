"""io.l5d.namerd.http: a namerd as a namer, which answers for a table and a name as one path."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import httpx

from clew.mesh.namers.namerd_answer import read_addr, read_tree
from clew.mesh.namers.namerd_http import Listener, NamerdHttp
from clew.mesh.namers.publishing import publish_changes
from clew.mesh.namers.watch_state import Document, WatchState
from clew.mesh.naming.addr_state import addr_state, answer_state
from clew.mesh.naming.answer import Answers, BoundTree, Broken, Waiting
from clew.mesh.naming.bound import Addr, Bound
from clew.mesh.naming.nametree import NameTree, leaves, map_leaves
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName

log = logging.getLogger(__name__)

Value = TypeVar("Value")


@dataclass
class _Heard(Generic[Value]):
    """What one watch has told last."""

    state: WatchState = field(default_factory=WatchState)
    value: Value | None = None
    """None until it has told anything."""
    why: str = ""
    """What namerd says instead; empty while it only does not answer."""
    turn: int = 0
    """Of two that tell the same thing, the one with the higher number is newer."""


_Follow = Callable[[httpx.AsyncClient, Path, _Heard[Value]], Coroutine[Any, Any, None]]


class _Watches(Generic[Value]):
    """A watch for each of some paths."""

    def __init__(self, follow: _Follow[Value]) -> None:
        self._follow = follow
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self.heard: dict[Path, _Heard[Value]] = {}

    def keep(
        self, paths: Collection[Path], group: asyncio.TaskGroup, client: httpx.AsyncClient
    ) -> None:
        """These, and no others."""
        wanted = set(paths)
        for path in self._tasks.keys() - wanted:
            self._tasks.pop(path).cancel()
            del self.heard[path]
        for path in wanted - self._tasks.keys():
            heard: _Heard[Value] = _Heard()
            self.heard[path] = heard
            self._tasks[path] = group.create_task(self._follow(client, path, heard))

    def clear(self) -> None:
        """Forget all; their tasks have ended."""
        self._tasks.clear()
        self.heard.clear()


class Namerd:
    """Follows what each wanted name is bound to, and the addresses of each bound id.

    The namerd of Linkerd tells of another tree, not of other addresses, where names are bound.
    """

    def __init__(self, prefix: Path, http: NamerdHttp) -> None:
        self._prefix = prefix
        self._http = http
        self._asked: frozenset[Path] = frozenset()
        self._trees = _Watches(self._follow_tree)
        self._addrs = _Watches(self._follow_addr)
        self._turns = itertools.count(1)
        self._stirred = asyncio.Event()
        self._away = False

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        self._asked = paths
        self._stirred.set()

    def state(self) -> Document:
        """By name, and by the id of what is behind it."""
        return {
            "names": {
                str(path.drop(len(self._prefix))): {
                    "state": heard.state.state(answer_state(self._answer(heard))),
                    "watch": heard.state.watch(),
                }
                for path, heard in sorted(self._trees.heard.items())
            },
            "addresses": {
                str(id): {
                    "state": heard.state.state(heard.value and addr_state(heard.value)),
                    "watch": heard.state.watch(),
                }
                for id, heard in sorted(self._addrs.heard.items())
            },
        }

    async def run(self, publish: Callable[[Answers], None]) -> None:
        async with self._http.client() as client, asyncio.TaskGroup() as group:

            def look() -> tuple[Answers, bool]:
                self._trees.keep(self._asked, group, client)
                trees = [h.value for h in self._trees.heard.values() if h.value is not None]
                ids = {bound.id for tree in trees for bound in leaves(tree)}
                self._addrs.keep(ids, group, client)
                answers = {path: self._answer(h) for path, h in self._trees.heard.items()}
                known = {path: a for path, a in answers.items() if not isinstance(a, Waiting)}
                return known, len(known) == len(self._asked)

            try:
                await publish_changes(publish, self._stirred, look)
            finally:
                # the group ends the tasks
                self._trees.clear()
                self._addrs.clear()

    async def _follow_tree(
        self, client: httpx.AsyncClient, path: Path, heard: _Heard[NameTree[Bound]]
    ) -> None:
        page = self._http.bind(RemoteName.read(path, self._prefix))
        await self._follow(client, page, heard, read_tree)

    async def _follow_addr(self, client: httpx.AsyncClient, id: Path, heard: _Heard[Addr]) -> None:
        await self._follow(client, self._http.addr(id), heard, read_addr)

    async def _follow(
        self,
        client: httpx.AsyncClient,
        page: str,
        heard: _Heard[Value],
        read: Callable[[str], Value],
    ) -> None:
        def tell(line: str) -> None:
            value, heard.turn = read(line), next(self._turns)
            if value != heard.value:
                heard.value = value
                heard.state.updated()
            self._say(away=False)
            self._stirred.set()

        def refuse(why: str) -> None:
            heard.why = why
            self._say(away=False)
            self._stirred.set()

        def lose(why: str) -> None:
            self._say(away=True, why=why)

        await self._http.follow(client, page, Listener(tell, refuse, lose), heard.state)

    def _answer(self, heard: _Heard[NameTree[Bound]]) -> BoundTree | Broken | Waiting:
        """The tree, with the newest addresses; the last good one stays."""
        if heard.value is None:
            return Broken(heard.why) if heard.why else Waiting()

        def newest(bound: Bound) -> Bound:
            addr = self._addrs.heard.get(bound.id)
            if addr is None or addr.value is None or addr.turn < heard.turn:
                return bound
            return replace(bound, addr=addr.value)

        return BoundTree(map_leaves(heard.value, newest))

    def _say(self, *, away: bool, why: str = "") -> None:
        if away != self._away:
            self._away = away
            if away:
                log.warning("namerd at %s: %s; what is known goes on", self._http.url, why)
            else:
                log.info("namerd at %s answers", self._http.url)

"""io.l5d.marathon: applications of Marathon. One question, asked again and again, tells of all."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import msgspec

from clew.mesh.namers.marathon_answer import Apps, read_apps
from clew.mesh.namers.publishing import publish_changes
from clew.mesh.namers.watch_state import Document, WatchState
from clew.mesh.naming.addr_state import answer_state
from clew.mesh.naming.answer import Answer, Answers, Broken, Missing, Waiting
from clew.mesh.naming.bound import Addresses, Bound
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

SECONDS = 10.0
"""For Marathon to accept a connection, and between the parts of an answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """Marathon, and how it is asked."""

    url: str
    """With ``uriPrefix``: what ``/v2`` follows."""
    interval: float
    """Seconds between questions."""
    jitter: float = 0.0
    """Up to so many seconds more, so that not all meshes ask at once."""
    healthy_only: bool = False
    auth: httpx.Auth | None = None
    tls: ssl.SSLContext | None = None
    server_name: str = ""
    """That the certificate must have; empty for the host of the URL."""

    @property
    def query(self) -> str:
        """Asks for all applications and their instances."""
        return f"{self.url}/v2/apps?embed=apps.tasks"


class Marathon:
    """``/<group>/…/<app>``: the first application that a path leads to."""

    def __init__(self, prefix: Path, server: Server) -> None:
        self._prefix = prefix
        self._server = server
        self._wanted: frozenset[Path] = frozenset()
        self._apps: Apps | None = None
        """None until Marathon has answered."""
        self._trouble = ""
        self._stirred = asyncio.Event()
        self._needed = asyncio.Event()
        self._watch = WatchState()

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        self._wanted = paths
        self._stirred.set()
        if paths:
            self._needed.set()
        else:
            self._needed.clear()

    def state(self) -> Document:
        return {
            str(path): {
                "state": self._watch.state(answer_state(self._answer(path))),
                "watch": self._watch.watch(),
            }
            for path in sorted(self._wanted)
        }

    async def run(self, publish: Callable[[Answers], None]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            await publish_changes(publish, self._stirred, self._answers)

    def _answers(self) -> tuple[Answers, bool]:
        answers = {path: self._answer(path) for path in self._wanted}
        known = {path: each for path, each in answers.items() if not isinstance(each, Waiting)}
        return known, len(known) == len(answers)

    def _answer(self, path: Path) -> Answer:
        if self._apps is None:
            return Broken(self._trouble) if self._trouble else Waiting()
        asked = path.drop(len(self._prefix))
        lower = Path(tuple(segment.lower() for segment in asked.segments))
        for depth in range(1, len(lower) + 1):
            app = lower.take(depth)
            if app in self._apps:
                members = self._apps[app]
                bound = Bound(self._prefix + app, Addresses(members), asked.drop(depth))
                return bound if members else Missing()
        return Missing()

    async def _poll(self) -> None:
        server = self._server
        async with httpx.AsyncClient(
            auth=server.auth,
            timeout=SECONDS,
            verify=server.tls or True,
            # a proxy of the environment is, in a mesh, the mesh
            trust_env=False,
        ) as client:
            while True:
                await self._needed.wait()
                await self._ask(client)
                await asyncio.sleep(server.interval + random.uniform(0, server.jitter))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        server = self._server
        self._watch.asked(f"GET {server.query}")
        names = {"sni_hostname": server.server_name} if server.server_name else {}
        try:
            answer = await client.get(server.query, extensions=names)
            answer.raise_for_status()
            apps = read_apps(answer.content, server.healthy_only)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            why = f"Marathon at {server.url} does not tell: {str(error) or type(error).__name__}"
            if not self._trouble:
                log.warning("%s", why)
            self._trouble = why
            self._watch.failed(why)
        else:
            self._watch.heard()
            self._trouble = ""
            if apps != self._apps:
                self._apps = apps
                self._watch.updated()
        self._stirred.set()

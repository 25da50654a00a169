"""The HTTP API of a namerd, as one of its clients."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from clew.errors import ClewError
from clew.mesh.namers.keep_alive import KEEP_ALIVE
from clew.mesh.namers.namerd_answer import NotUnderstood
from clew.mesh.namers.watch_state import WatchState
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
REFUSED_SECONDS = 1.0
"""Until a name that namerd says something wrong of is asked for again: a dtab may be edited."""


class NamerdAway(ClewError):
    """It does not answer."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears what a watch brings."""

    tell: Callable[[str], None]
    """A line; may raise NotUnderstood."""
    refuse: Callable[[str], None]
    """namerd answers, but not with what was asked for: its words."""
    lose: Callable[[str], None]
    """namerd does not answer: why."""


@dataclass(frozen=True, slots=True)
class NamerdHttp:
    """Where it is, and what it is asked for."""

    url: str
    """``http://127.0.0.1:4180``"""
    namespace: str
    base_seconds: float
    max_seconds: float
    """Of the time until it is asked again when it does not answer."""
    tls: ssl.SSLContext | None = None
    server_name: str = ""
    """In its certificate; empty for the host of the URL."""

    def client(self) -> httpx.AsyncClient:
        """For any number of watches, each of which has a connection."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/1/",
            timeout=httpx.Timeout(CONNECT_SECONDS, read=None),
            transport=httpx.AsyncHTTPTransport(
                verify=self.tls or False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                socket_options=KEEP_ALIVE,
            ),
        )

    def bind(self, asked: RemoteName) -> str:
        """The page that tells what a name is bound to."""
        return f"bind/{self.namespace}?{self._query(asked.name, asked.dtab)}&watch=true"

    def addr(self, id: Path) -> str:
        """The page that tells the addresses of a client id."""
        return f"addr/{self.namespace}?{urlencode({'path': str(id)})}&watch=true"

    async def follow(
        self, client: httpx.AsyncClient, page: str, listener: Listener, state: WatchState
    ) -> None:
        """Watch a page, until cancelled."""
        backoff = self.base_seconds
        while True:
            state.asked(f"GET {client.base_url}{page}")
            try:
                async with client.stream("GET", page, extensions=self._extensions) as answer:
                    if answer.is_client_error:
                        raise NotUnderstood((await answer.aread()).decode(errors="replace").strip())
                    answer.raise_for_status()
                    async for line in answer.aiter_lines():
                        listener.tell(line)
                        state.heard()
                        backoff = self.base_seconds
                why = "it ended the watch"
            except NotUnderstood as error:
                state.failed(str(error))
                listener.refuse(str(error))
                await asyncio.sleep(REFUSED_SECONDS)
                continue
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
            state.failed(why)
            listener.lose(why)
            await asyncio.sleep(backoff * random.uniform(0.5, 1))
            backoff = min(2 * backoff, self.max_seconds)

    async def delegate(self, name: Path, dtab: Dtab) -> Mapping[str, Any]:
        """Its document of every step by which the name is bound. Raises NamerdAway."""
        page = f"delegate/{self.namespace}?{self._query(name, dtab)}"
        try:
            async with self.client() as client:
                answer = await client.get(page, extensions=self._extensions)
                answer.raise_for_status()
                document: Mapping[str, Any] = answer.json()
                return document
        except (httpx.HTTPError, ValueError) as error:
            raise NamerdAway(
                f"namerd at {self.url} does not show it: {str(error) or type(error).__name__}"
            ) from error

    def _query(self, name: Path, dtab: Dtab) -> str:
        return urlencode({"path": str(name), "dtab": dtab.exact})

    @property
    def _extensions(self) -> dict[str, str]:
        return {"sni_hostname": self.server_name} if self.server_name else {}

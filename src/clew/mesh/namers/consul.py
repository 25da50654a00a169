"""io.l5d.consul: services of a Consul catalog, each followed by a blocking query."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import msgspec

from clew.mesh.namers.consul_answer import Choice
from clew.mesh.namers.following import Found, Watch
from clew.mesh.naming.bound import Addresses
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

WAIT_SECONDS = 300
"""How long Consul may keep a query until something changes."""
GRACE_SECONDS = 30.0
"""Beyond that; Consul itself adds up to a sixteenth."""
CONNECT_SECONDS = 5.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.01, 5.0
"""Seconds between queries that fail, doubled from one to the next."""
POLL_SECONDS = 1.0
"""Between queries of a server that does not keep them."""

LOCAL = b".local"
"""The data centre of the agent that is asked."""


@dataclass(frozen=True, slots=True)
class Consul:
    """``/<dc>/<service>``, or ``/<dc>/<tag>/<service>``."""

    url: str
    """``http://localhost:8500``"""
    choice: Choice
    include_tag: bool = False
    token: str = ""
    consistency: str = "default"
    """``default``, ``stale`` or ``consistent``."""
    tls: ssl.SSLContext | None = None
    """None for plain HTTP."""
    server_name: str = ""
    """Who must answer, by TLS; empty for the host of the URL."""

    def service(self, path: Path) -> Path | None:
        count = 3 if self.include_tag else 2
        if len(path) < count:
            return None
        dc, *names = path.take(count).segments
        return Path((dc, *(name.lower() for name in names)))

    async def follow(self, service: Path, watch: Watch) -> None:
        index, backoff = 0, FIRST_BACKOFF
        timeout = httpx.Timeout(CONNECT_SECONDS, read=WAIT_SECONDS + GRACE_SECONDS)
        headers = {"x-consul-token": self.token} if self.token else {}
        names = {"sni_hostname": self.server_name} if self.server_name else {}
        async with httpx.AsyncClient(
            timeout=timeout,
            headers=headers,
            verify=self.tls or True,
            # a proxy of the environment is, in a mesh, the mesh
            trust_env=False,
        ) as client:
            while True:
                query = self._query(service, index)
                watch.state.asked(f"GET {query}")
                try:
                    answer = await client.get(query, extensions=names)
                    answer.raise_for_status()
                    members = self.choice.read(answer.content)
                except (httpx.HTTPError, msgspec.DecodeError) as error:
                    watch.fail(str(error) or type(error).__name__)
                    if backoff == FIRST_BACKOFF:
                        log.warning(
                            "Consul at %s does not tell of %s: %s", self.url, service, error
                        )
                    index = 0
                    await asyncio.sleep(backoff * random.uniform(0.5, 1))
                    backoff = min(2 * backoff, LONGEST_BACKOFF)
                    continue
                backoff = FIRST_BACKOFF
                watch.tell(Found(service, Addresses(members)) if members else None)
                last, index = index, _index(answer)
                if index < last:
                    index = 0  # Consul began anew
                elif index == 0:
                    await asyncio.sleep(POLL_SECONDS)

    def _query(self, service: Path, index: int) -> str:
        dc, *tags, name = service.segments
        kind = "health" if self.choice.statuses else "catalog"
        query = [] if dc == LOCAL else [f"dc={quote(dc, safe='')}"]
        query += [f"tag={quote(tag, safe='')}" for tag in tags]
        if self.consistency != "default":
            query.append(self.consistency)
        if index:
            query += [f"index={index}", f"wait={WAIT_SECONDS}s"]
        return f"{self.url}/v1/{kind}/service/{quote(name, safe='')}?{'&'.join(query)}"


def _index(answer: httpx.Response) -> int:
    text = answer.headers.get("x-consul-index", "")
    return int(text) if text.isdecimal() else 0

"""The API server over HTTP: pages of lists, and the events of watches."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from clew.errors import ClewError
from clew.mesh.namers.k8s.access import Access, find_access
from clew.mesh.namers.k8s.lookups import Collection
from clew.mesh.namers.k8s.messages import SOURCES, Event, Events, Source, read_page, refusal
from clew.mesh.namers.k8s.objects import Kept
from clew.mesh.namers.k8s.reflector import Failure, List, Page, Watch
from clew.mesh.namers.keep_alive import KEEP_ALIVE

PAGE = 500
"""Objects in a page of a list."""
SECONDS = 10.0
"""For the server to accept a connection, to answer, and between the parts of an answer."""
GRACE = 15.0
"""Seconds after the end that a watch should have had, until it counts as hung."""
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one event; no object of Kubernetes is half as large."""

FindAccess = Callable[[], Access]


class ApiError(Exception):
    """A request that came to nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.why)
        self.failure = failure


class Api:
    """The API server, for one request at a time."""

    def __init__(self, find: FindAccess) -> None:
        """``find`` may block, and is asked again whenever the server does not answer."""
        self._find = find
        self._access: Access | None = None
        self._client: httpx.AsyncClient | None = None

    @staticmethod
    def at(host: str, port: int) -> Api:
        """That of a file's ``host`` and ``port``, or of this process's account."""
        return Api(lambda: find_access(host, port, os.environ))

    async def page(self, collection: Collection, list: List) -> Page[Kept]:
        """Raises ApiError."""
        source = SOURCES[collection.kind][list.source]
        query = {"limit": str(PAGE)}
        if list.after:
            query["continue"] = list.after
        async with self._ask(collection, source, SECONDS, query) as response:
            body = await response.aread()
        try:
            return read_page(body, source)
        except msgspec.MsgspecError as error:
            why = f"the list of {source.plural} is not one: {error}"
            raise ApiError(Failure(0, why)) from error

    async def events(self, collection: Collection, watch: Watch) -> AsyncGenerator[Event]:
        """Until the server ends the watch. Raises ApiError."""
        source = SOURCES[collection.kind][watch.source]
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": watch.version,
            "timeoutSeconds": str(watch.seconds),
        }
        async with self._ask(collection, source, watch.seconds + GRACE, query) as response:
            events = Events(source)
            async for chunk in response.aiter_bytes():
                for event in events.of(chunk):
                    yield event
                if events.begun > MAX_LINE:
                    raise ApiError(Failure(0, f"an event of {source.plural} has no end"))

    async def get(self, collection: Collection, name: str) -> bytes:
        """One object. Raises ApiError."""
        return await self._one("GET", collection, name)

    async def create(self, collection: Collection, document: Mapping[str, Any]) -> bytes:
        """As it is then. Raises ApiError."""
        return await self._one("POST", collection, "", document)

    async def replace(
        self, collection: Collection, name: str, document: Mapping[str, Any]
    ) -> bytes:
        """The version that the document names; as it is then. Raises ApiError."""
        return await self._one("PUT", collection, name, document)

    async def delete(self, collection: Collection, name: str) -> None:
        """Raises ApiError."""
        await self._one("DELETE", collection, name)

    async def _one(
        self,
        method: str,
        collection: Collection,
        name: str,
        document: Mapping[str, Any] | None = None,
    ) -> bytes:
        source, *_ = SOURCES[collection.kind]
        path = f"/{quote(name, safe='')}" if name else ""
        asked = self._ask(collection, source, SECONDS, method=method, path=path, document=document)
        async with asked as response:
            return await response.aread()

    async def close(self) -> None:
        """Connections are closed; the next request opens new ones."""
        client, self._client, self._access = self._client, None, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _ask(
        self,
        collection: Collection,
        source: Source,
        patience: float,
        query: Mapping[str, str] = MappingProxyType({}),
        *,
        method: str = "GET",
        path: str = "",
        document: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """``patience``: seconds for the answer to begin, and between its parts."""
        within = f"/namespaces/{collection.namespace}" if collection.namespace else ""
        url = f"{source.group}{within}/{source.plural}{path}"
        if collection.name:
            # a right to one object by name covers lists and watches with this selector
            query = {"fieldSelector": f"metadata.name={collection.name}", **query}
        try:
            client, access = await self._connected()
            timeout = httpx.Timeout(SECONDS, read=patience)
            async with client.stream(
                method,
                url,
                params=query,
                headers=access.headers(),
                json=document,
                timeout=timeout,
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise ApiError(_refusal(response, collection, source))
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # perhaps the proxy is gone or the authority has changed: look for the server anew
            found, self._access = self._access, None
            at = f" at {found.url}" if found else ""
            why = f"Kubernetes{at} does not answer: {str(error) or type(error).__name__}"
            raise ApiError(Failure(0, why)) from error
        except ClewError as error:
            raise ApiError(Failure(0, str(error))) from error

    async def _connected(self) -> tuple[httpx.AsyncClient, Access]:
        if self._client is None or self._access is None:
            await self.close()
            access = await asyncio.to_thread(self._find)
            client = httpx.AsyncClient(
                base_url=access.url,
                trust_env=False,
                transport=httpx.AsyncHTTPTransport(
                    verify=access.tls or False,
                    # every watch holds a connection
                    limits=httpx.Limits(max_connections=None, keepalive_expiry=30),
                    socket_options=KEEP_ALIVE,
                ),
            )
            self._client, self._access = client, access
        return self._client, self._access


def _refusal(response: httpx.Response, collection: Collection, source: Source) -> Failure:
    said = refusal(response.content)
    what = f"{source.plural} in {collection.where}"
    why = f"Kubernetes answers {response.status_code} when asked for {what}: {said}"
    after = response.headers.get("retry-after", "")
    return Failure(response.status_code, why, float(after) if after.isdigit() else 0.0)

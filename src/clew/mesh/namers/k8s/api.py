"""The API server over HTTP: pages of lists, and the events of watches."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import msgspec

from clew.errors import ClewError
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api_object import Item as Header
from clew.mesh.namers.k8s.ingresses import read_ingress
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.objects import (
    Kept,
    Read,
    read_config_map,
    read_endpoints,
    read_service,
    read_slice,
)
from clew.mesh.namers.k8s.reflector import (
    Bookmark,
    Delete,
    Failure,
    Item,
    List,
    Page,
    Put,
    Watch,
)

PAGE = 500
"""Objects in a page of a list."""
SECONDS = 10.0
"""For the server to accept a connection, to answer, and between the parts of an answer."""
GRACE = 15.0
"""Seconds after the end that a watch should have had, until it counts as hung."""
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one event; no object of Kubernetes is half as large."""

_KEEP_ALIVE: list[tuple[int, int, int]] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
if hasattr(socket, "TCP_KEEPIDLE"):
    # a watch may be silent for minutes: only so is a server noticed that went away without a word
    _KEEP_ALIVE += [
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    ]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of object that says what a collection holds."""

    group: str
    """``/api/v1`` or ``/apis/<group>/<version>``"""
    plural: str
    read: Read


SOURCES: Mapping[Kind, Sequence[Source]] = {
    Kind.ENDPOINTS: (
        Source("/apis/discovery.k8s.io/v1", "endpointslices", read_slice),
        Source("/api/v1", "endpoints", read_endpoints),
    ),
    Kind.SERVICES: (Source("/api/v1", "services", read_service),),
    Kind.CONFIG_MAPS: (Source("/api/v1", "configmaps", read_config_map),),
    Kind.INGRESSES: (Source("/apis/networking.k8s.io/v1", "ingresses", read_ingress),),
}
"""Best first."""

Event = Put[Kept] | Delete | Bookmark | Failure
FindAccess = Callable[[], Access]


class ApiError(Exception):
    """A request that came to nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.why)
        self.failure = failure


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    message: str = ""
    code: int = 0


class Api:
    """The API server, for one request at a time."""

    def __init__(self, find: FindAccess) -> None:
        """``find`` may block, and is asked again whenever the server does not answer."""
        self._find = find
        self._access: Access | None = None
        self._client: httpx.AsyncClient | None = None

    async def page(self, collection: Collection, list: List) -> Page[Kept]:
        """Raises ApiError."""
        source = SOURCES[collection.kind][list.source]
        query = {"limit": str(PAGE)}
        if list.after:
            query["continue"] = list.after
        async with self._get(collection, source, query, SECONDS) as response:
            body = await response.aread()
        try:
            read = msgspec.json.decode(body, type=_List)
        except msgspec.MsgspecError as error:
            raise ApiError(
                Failure(0, f"the list of {source.plural} is not one: {error}")
            ) from error
        items = [item for raw in read.items or () if (item := _item(raw, source))]
        return Page(items, read.metadata.resource_version, read.metadata.continue_)

    async def events(self, collection: Collection, watch: Watch) -> AsyncGenerator[Event]:
        """Until the server ends the watch. Raises ApiError."""
        source = SOURCES[collection.kind][watch.source]
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": watch.version,
            "timeoutSeconds": str(watch.seconds),
        }
        async with self._get(collection, source, query, watch.seconds + GRACE) as response:
            rest = b""
            async for chunk in response.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > MAX_LINE:
                    raise ApiError(Failure(0, f"an event of {source.plural} has no end"))
                for line in lines:
                    if line.strip():
                        event = _event(line, source)
                        if event is not None:
                            yield event

    async def close(self) -> None:
        """Connections are closed; the next request opens new ones."""
        client, self._client, self._access = self._client, None, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _get(
        self, collection: Collection, source: Source, query: Mapping[str, str], patience: float
    ) -> AsyncIterator[httpx.Response]:
        within = f"/namespaces/{collection.namespace}" if collection.namespace else ""
        url = f"{source.group}{within}/{source.plural}"
        if collection.name:
            # a right to one object by name covers lists and watches with this selector
            query = {"fieldSelector": f"metadata.name={collection.name}", **query}
        try:
            client, access = await self._connected()
            timeout = httpx.Timeout(SECONDS, read=patience)
            async with client.stream(
                "GET", url, params=query, headers=access.headers(), timeout=timeout
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise ApiError(_refusal(response, collection, source))
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # perhaps the proxy is gone or the authority has changed: look for the server anew
            self._access = None
            why = f"Kubernetes does not answer: {str(error) or type(error).__name__}"
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
                    socket_options=_KEEP_ALIVE,
                ),
            )
            self._client, self._access = client, access
        return self._client, self._access


def _refusal(response: httpx.Response, collection: Collection, source: Source) -> Failure:
    try:
        said = msgspec.json.decode(response.content, type=_Status).message
    except msgspec.MsgspecError:
        said = response.text[:200]
    what = f"{source.plural} in {collection.where}"
    why = f"Kubernetes answers {response.status_code} when asked for {what}: {said}"
    after = response.headers.get("retry-after", "")
    return Failure(response.status_code, why, float(after) if after.isdigit() else 0.0)


def _item(raw: msgspec.Raw, source: Source) -> Item[Kept] | None:
    """None for what has not even a name."""
    try:
        header = msgspec.json.decode(raw, type=Header).metadata
    except msgspec.MsgspecError:
        return None
    try:
        value = source.read(bytes(raw))
    except msgspec.MsgspecError:
        value = None
    return Item(header.key, header.resource_version, value)


def _event(line: bytes, source: Source) -> Event | None:
    """None for what makes no sense, and for kinds of events that may come."""
    try:
        event = msgspec.json.decode(line, type=_Event)
        match event.type:
            case "ADDED" | "MODIFIED":
                item = _item(event.object, source)
                return None if item is None else Put(item)
            case "DELETED":
                header = msgspec.json.decode(event.object, type=Header).metadata
                return Delete(header.key, header.resource_version)
            case "BOOKMARK":
                return Bookmark(_bookmarked(event.object))
            case "ERROR":
                status = msgspec.json.decode(event.object, type=_Status)
                return Failure(status.code, f"the watch ends with an error: {status.message}")
    except msgspec.MsgspecError:
        return None
    return None


class _BookmarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""


class _Bookmark(msgspec.Struct):
    metadata: _BookmarkMeta


def _bookmarked(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=_Bookmark).metadata.resource_version

"""A small API server of Kubernetes: lists in pages, and watches, with their real semantics.

Versions grow with every write; a watch gets every change after the version that it names, or 410
when that has been forgotten. ``api_contract.py`` holds it to what a real one does. What it should
do wrong is set in ``faults``.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.mesh.namers.k8s.api_protocol import Asked, Object, Refusal, Reply, read_request
from tests.mesh.namers.k8s.cluster import KINDS, group_of

EVERYONE = "", ""
"""The key of what goes into every watch."""


@dataclass
class Faults:
    """What goes wrong; each of these can be changed while the server runs."""

    refuse: dict[str, list[int]] = field(default_factory=dict)
    """By plural, or ``watch`` for all watches: the status of the next requests, in turn."""
    forbid: set[str] = field(default_factory=set)
    """Plurals that are always answered 403."""
    absent: set[str] = field(default_factory=set)
    """Plurals that are always answered 404, as on clusters that do not have them."""
    hang: set[str] = field(default_factory=set)
    """Plurals whose requests get no answer."""
    retry_after: int = 0
    """Seconds, in refusals."""
    chunk: int = 65536
    """The most bytes of an answer that are written at once."""


@dataclass(frozen=True)
class _Change:
    version: int
    key: tuple[str, str]
    """Plural and namespace."""
    event: Object | None
    """None for a bookmark."""

    @property
    def name(self) -> str:
        """Of the object that it happens to."""
        assert self.event is not None
        return str(self.event["object"]["metadata"]["name"])


class ApiServer:
    """Objects are dicts as ``kubectl get -o json`` prints them."""

    def __init__(self, token: str = "", page: int = 500) -> None:
        self.token = token
        """What clients must show; empty for anything."""
        self.rights: dict[str, set[str]] = {}
        """Further tokens, and the plurals that each may read."""
        self.faults = Faults()
        self.requests: list[str] = []
        """Path and query of each."""
        self.port = 0
        self._page = page
        self._objects: dict[tuple[str, str], dict[str, Object]] = {}
        self._pages: dict[int, Sequence[Object]] = {}
        """By version: what a list held that has not been read to its end."""
        self._history: list[_Change] = []
        self._version = 100
        self._forgotten = 0
        self._news = asyncio.Condition()
        self._connections: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, plural: str, namespace: str, name: str, **fields: Any) -> Object:
        """Create or replace an object."""
        key = plural, namespace
        objects = self._objects.setdefault(key, {})
        before = objects.get(name)
        version = str(self._version + 1)
        labels = fields.pop("metadata", {})
        metadata = {"name": name, "namespace": namespace, **labels, "resourceVersion": version}
        now: Object = {"metadata": metadata, **fields}
        if before and _fields(before) == _fields(now):
            return before  # to write what is there already changes nothing
        self._version += 1
        objects[name] = now
        return self._happened("MODIFIED" if before else "ADDED", key, now)

    def delete(self, plural: str, namespace: str, name: str) -> Object:
        key = plural, namespace
        gone = self._objects[key].pop(name)
        self._version += 1
        metadata = gone["metadata"] | {"resourceVersion": str(self._version)}
        return self._happened("DELETED", key, {**gone, "metadata": metadata})

    def bookmark(self) -> None:
        """Tell every watch how far it is."""
        self._tell(_Change(self._version, EVERYONE, None))

    def error(self, code: int) -> None:
        """End every watch by an ERROR event."""
        self.send({"type": "ERROR", "object": Refusal(code, "error").document})

    def send(self, event: Object) -> None:
        """Put an event of the test's own into every watch."""
        self._tell(_Change(self._version, EVERYONE, event))

    def compact(self) -> None:
        """Forget what happened; whoever is behind must list again."""
        self._forgotten = self._version

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in self._connections:
            writer.transport.abort()

    def watches(self) -> int:
        """How many watches have been asked for."""
        return sum("watch=true" in request for request in self.requests)

    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def _happened(self, type: str, key: tuple[str, str], object: Object) -> Object:
        api, kind = KINDS[key[0]]
        whole = {"kind": kind, "apiVersion": api, **object}
        self._tell(_Change(self._version, key, {"type": type, "object": whole}))
        return whole

    def _tell(self, change: _Change) -> None:
        self._history.append(change)
        asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                asked = await read_request(reader)
                answering = asyncio.create_task(
                    self._answer(asked, Reply(writer, self.faults.chunk))
                )
                # clients say nothing more before they have the answer
                while not answering.done() and not (reader.at_eof() or reader.exception()):
                    await asyncio.wait([answering], timeout=0.02)
                if not answering.done():
                    answering.cancel()
                    break
                await answering
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, asked: Asked, reply: Reply) -> None:
        self.requests.append(asked.target)
        if asked.plural in self.faults.hang:
            await asyncio.Event().wait()
        if refusal := self._refusal(asked):
            await reply.refuse(refusal, self.faults.retry_after)
        elif asked.method == "PATCH":
            fields: Object = json.loads(asked.body)
            fields = {key: fields[key] for key in fields.keys() - {"kind", "apiVersion"}}
            await reply.whole(self.put(*asked.key, asked.name, **fields))
        elif asked.method == "DELETE":
            await reply.whole(self.delete(*asked.key, asked.name))
        elif asked.method in ("POST", "PUT"):
            fields = json.loads(asked.body)
            name = fields["metadata"]["name"]
            fields = {key: fields[key] for key in fields.keys() - {"kind", "apiVersion"}}
            await reply.whole(self.put(*asked.key, name, **fields))
        elif asked.name:
            await reply.whole(self._objects[asked.key][asked.name])
        elif asked.watches:
            await self._watch(asked, reply)
        else:
            await self._list(asked, reply)

    def _refusal(self, asked: Asked) -> Refusal | None:
        if self.token and asked.token not in (self.token, *self.rights):
            return Refusal(401, "Unauthorized")
        may = asked.plural in self.rights.get(asked.token, {asked.plural})
        if asked.plural in self.faults.forbid or not may:
            verb = "watch" if asked.watches else "list"
            return Refusal(403, f'cannot {verb} resource "{asked.plural}"')
        known = asked.plural in KINDS and asked.group == group_of(asked.plural)
        if asked.plural in self.faults.absent or not known:
            return Refusal(404, "the server could not find the requested resource")
        there = self._objects.get(asked.key, {}).get(asked.name or asked.sent_name)
        if asked.method == "POST" and there:
            return Refusal(409, "it already exists", "AlreadyExists")
        if asked.method in ("GET", "PUT", "DELETE") and asked.name and there is None:
            return Refusal(404, "it is not found", "NotFound")
        if asked.method == "PUT" and there and asked.sent_version != _version(there):
            return Refusal(409, "the object has been modified", "Conflict")
        turns = self.faults.refuse.get("watch" if asked.watches else asked.plural)
        return Refusal(turns[0], f"refused {turns.pop(0)}") if turns else None

    async def _list(self, asked: Asked, reply: Reply) -> None:
        """Every page is of the version of the first."""
        if token := asked.query.get("continue"):
            version, start = map(int, token.split("."))
            everything = self._pages[version]
            if version < self._forgotten:
                await reply.refuse(Refusal(410, "the list is too old to go on", "Expired"))
                return
        else:
            version, start = self._version, 0
            everything = [
                item
                for (plural, namespace), objects in sorted(self._objects.items())
                for name, item in sorted(objects.items())
                if asked.covers(plural, namespace, name)
            ]
        end = start + min(int(asked.query.get("limit", self._page)), self._page)
        metadata: Object = {"resourceVersion": str(version)}
        if left := len(everything[end:]):
            self._pages[version] = everything
            metadata |= {"continue": f"{version}.{end}", "remainingItemCount": left}
        api, kind = KINDS[asked.plural]
        items = everything[start:end]
        await reply.whole(
            {"kind": f"{kind}List", "apiVersion": api, "metadata": metadata, "items": items}
        )

    async def _watch(self, asked: Asked, reply: Reply) -> None:
        await reply.begin()
        try:
            # 0 is no time of the client's choice, and the server's own is long
            async with asyncio.timeout(int(asked.query.get("timeoutSeconds", 0)) or None):
                await self._events(asked, reply)
        except TimeoutError:
            await self._bookmark(asked, reply, self._version)
        await reply.end()

    async def _events(self, asked: Asked, reply: Reply) -> None:
        """Until one of them is an error."""
        version = int(asked.query["resourceVersion"])
        if version < self._forgotten:
            too_old = f"too old resource version: {version} ({self._forgotten})"
            refusal = Refusal(410, too_old, "Expired")
            await reply.line({"type": "ERROR", "object": refusal.document})
            return
        sent = sum(change.version <= version for change in self._history)
        while True:
            while sent < len(self._history):
                change = self._history[sent]
                sent += 1
                if change.event is None:
                    await self._bookmark(asked, reply, change.version)
                elif change.key == EVERYONE or asked.covers(*change.key, change.name):
                    await reply.line(change.event)
                    if change.event.get("type") == "ERROR":
                        return
            async with self._news:
                if sent >= len(self._history):
                    await self._news.wait()

    async def _bookmark(self, asked: Asked, reply: Reply, version: int) -> None:
        if asked.query.get("allowWatchBookmarks") == "true":
            api, kind = KINDS[asked.plural]
            metadata = {"resourceVersion": str(version), "creationTimestamp": None}
            mark = {"kind": kind, "apiVersion": api, "metadata": metadata}
            await reply.line({"type": "BOOKMARK", "object": mark})


def _version(object: Object) -> str:
    return str(object["metadata"]["resourceVersion"])


def _fields(object: Object) -> Object:
    """All but the version."""
    metadata = {**object["metadata"], "resourceVersion": ""}
    return {**object, "metadata": metadata}


@asynccontextmanager
async def served(
    server: ApiServer, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ApiServer]:
    """The server, listening."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        server.hang_up()
        while True:
            await asyncio.sleep(0.01)
            if not server.connections():
                break


def endpoint_slice(
    service: str,
    endpoints: Sequence[tuple[str, str]],
    ports: Mapping[str, int],
    **labels: str,
) -> dict[str, Any]:
    """The fields of a slice; endpoints are host and node, which may be empty."""
    return {
        "metadata": {"labels": {"kubernetes.io/service-name": service, **labels}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": [host], "conditions": {"ready": True}}
            | ({"nodeName": node} if node else {})
            for host, node in endpoints
        ],
        "ports": [{"name": name, "port": port, "protocol": "TCP"} for name, port in ports.items()],
    }

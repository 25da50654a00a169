"""A small API server of Kubernetes: lists in pages, and watches, with their real semantics.

Versions grow with every write; a watch gets every change after the version that it names, or 410
when that has been forgotten. What it should do wrong is set in ``faults``.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
SLICES = "/apis/discovery.k8s.io/v1", "endpointslices"
ENDPOINTS = "/api/v1", "endpoints"
SERVICES = "/api/v1", "services"


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
    kind: str
    key: tuple[str, str]
    """Plural and namespace."""
    object: Object


class ApiServer:
    """Objects are dicts as ``kubectl get -o json`` prints them."""

    def __init__(self, token: str = "", page: int = 500) -> None:
        self.token = token
        """What clients must show; empty for anything."""
        self.faults = Faults()
        self.requests: list[str] = []
        """Path and query of each."""
        self.port = 0
        self._page = page
        self._objects: dict[tuple[str, str], dict[str, Object]] = {}
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
        before = self._objects.setdefault((plural, namespace), {})
        kind = "MODIFIED" if name in before else "ADDED"
        self._version += 1
        metadata = {"name": name, "namespace": namespace, **fields.pop("metadata", {})}
        metadata["resourceVersion"] = str(self._version)
        before[name] = {"metadata": metadata, **fields}
        self._happened(kind, (plural, namespace), before[name])
        return before[name]

    def delete(self, plural: str, namespace: str, name: str) -> None:
        gone = self._objects[plural, namespace].pop(name)
        self._version += 1
        metadata = gone["metadata"] | {"resourceVersion": str(self._version)}
        self._happened("DELETED", (plural, namespace), {**gone, "metadata": metadata})

    def bookmark(self) -> None:
        """Tell every watch how far it is."""
        self._happened("BOOKMARK", ("", ""), {"metadata": {"resourceVersion": str(self._version)}})

    def error(self, code: int) -> None:
        """End every watch by an ERROR event."""
        self._happened("ERROR", ("", ""), {"kind": "Status", "code": code, "message": "error"})

    def send(self, event: Object) -> None:
        """Put an event of the test's own into every watch."""
        self._happened(event.get("type", ""), ("", ""), event.get("object", {}))

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

    def _happened(self, kind: str, key: tuple[str, str], object: Object) -> None:
        self._history.append(_Change(self._version, kind, key, object))
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                answering = asyncio.create_task(self._answer(head, writer))
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

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        line, *headers = head.rstrip().split("\r\n")
        target = urlsplit(line.split()[1])
        query = {name: values[0] for name, values in parse_qs(target.query).items()}
        self.requests.append(f"{target.path}?{target.query}")
        parts = target.path.strip("/").split("/")
        *group, _, namespace, plural = parts
        status = self._refusal(plural, "watch" in query, headers)
        if ("/" + "/".join(group), plural) not in (SLICES, ENDPOINTS, SERVICES):
            status = 404
        if plural in self.faults.hang:
            await asyncio.Event().wait()
        if status:
            await self._refuse(writer, status)
        elif "watch" in query:
            await self._watch((plural, namespace), query, writer)
        else:
            await self._list((plural, namespace), query, writer)

    def _refusal(self, plural: str, watching: bool, headers: Sequence[str]) -> int:
        sent = {line.lower() for line in headers}
        if self.token and f"authorization: bearer {self.token}".lower() not in sent:
            return 401
        if plural in self.faults.forbid:
            return 403
        if plural in self.faults.absent:
            return 404
        turns = self.faults.refuse.get("watch" if watching else plural)
        return turns.pop(0) if turns else 0

    async def _refuse(self, writer: asyncio.StreamWriter, status: int) -> None:
        body = json.dumps({"kind": "Status", "message": f"refused {status}", "code": status})
        retry = self.faults.retry_after
        more = f"retry-after: {retry}\r\n" if retry else ""
        writer.write(f"HTTP/1.1 {status} No\r\n{more}content-length: {len(body)}\r\n\r\n".encode())
        writer.write(body.encode())
        await writer.drain()

    async def _list(
        self, key: tuple[str, str], query: Mapping[str, str], writer: asyncio.StreamWriter
    ) -> None:
        limit = min(int(query.get("limit", self._page)), self._page)
        start = int(query.get("continue", 0))
        everything = sorted(self._objects.get(key, {}).items())
        metadata: Object = {"resourceVersion": str(self._version)}
        if start + limit < len(everything):
            metadata["continue"] = str(start + limit)
        items = [object for _, object in everything[start : start + limit]]
        await self._begin(writer)
        await self._write(writer, json.dumps({"metadata": metadata, "items": items}).encode())
        await self._write(writer, b"")

    async def _watch(
        self, key: tuple[str, str], query: Mapping[str, str], writer: asyncio.StreamWriter
    ) -> None:
        version = int(query["resourceVersion"])
        if version < self._forgotten:
            await self._begin(writer)
            gone = {"kind": "Status", "code": 410, "message": "too old resource version"}
            await self._write(
                writer, json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n"
            )
            await self._write(writer, b"")
            return
        await self._begin(writer)
        sent = sum(change.version <= version for change in self._history)
        while True:
            while sent < len(self._history):
                change = self._history[sent]
                sent += 1
                if change.key not in (key, ("", "")):
                    continue
                if change.kind == "BOOKMARK" and query.get("allowWatchBookmarks") != "true":
                    continue
                event = {"type": change.kind, "object": change.object}
                await self._write(writer, json.dumps(event).encode() + b"\n")
                if change.kind == "ERROR":
                    await self._write(writer, b"")
                    return
            async with self._news:
                if sent >= len(self._history):
                    await self._news.wait()

    async def _begin(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        await writer.drain()

    async def _write(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        """An empty body ends the answer."""
        pieces = [
            body[at : at + self.faults.chunk] for at in range(0, len(body), self.faults.chunk)
        ] or [b""]
        for piece in pieces:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()


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
    """The fields of a slice; endpoints are host and node."""
    return {
        "metadata": {"labels": {"kubernetes.io/service-name": service, **labels}},
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": [host], "conditions": {"ready": True}, "nodeName": node}
            for host, node in endpoints
        ],
        "ports": [{"name": name, "port": port, "protocol": "TCP"} for name, port in ports.items()],
    }

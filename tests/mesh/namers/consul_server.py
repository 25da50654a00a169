"""A small Consul: a catalog behind HTTP, with blocking queries."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def entry(
    host: str,
    port: int,
    *,
    node: str = "192.0.2.1",
    tags: Sequence[str] = (),
    checks: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """An instance as both documents show it; ``checks`` are ids and statuses."""
    return {
        "Address": node,
        "ServiceAddress": host,
        "ServicePort": port,
        "ServiceTags": list(tags),
        "Node": {"Address": node},
        "Service": {"Address": host, "Port": port, "Tags": list(tags)},
        "Checks": [{"CheckID": id, "Status": status} for id, status in checks],
    }


@dataclass
class ConsulServer:
    """Changes are made between requests or while they wait."""

    services: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    index: int = 10
    broken: bool = False
    """Whether every query is a 500."""
    silent: bool = False
    """Whether there is no index in the answers."""
    port: int = 0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Targets and headers."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None

    def put(self, name: str, *entries: dict[str, Any]) -> None:
        self.services[name] = list(entries)
        self.stir(self.index + 1)

    def stir(self, index: int) -> None:
        """Queries that wait are answered."""
        self.index = index
        self._changed.set()
        self._changed = asyncio.Event()

    async def asked(self, more: int) -> None:
        """Return when there were so many more queries."""
        count = len(self.requests) + more
        while len(self.requests) < count:
            self._heard.clear()
            await self._heard.wait()

    def cut(self) -> None:
        """Every connection breaks."""
        for writer in self._writers:
            writer.transport.abort()

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Serve until the event loop ends; from now on the port accepts connections.

        They are plain text without ``tls``.
        """
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._run(listener, tls))

    async def _run(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        server = await asyncio.start_server(self._serve, sock=listener, ssl=tls)
        try:
            await server.serve_forever()
        finally:
            self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                target = head[0].split(" ")[1]
                self.requests.append((target, headers))
                self._heard.set()
                writer.write(await self._answer(target))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, target: str) -> bytes:
        url = urlsplit(target)
        query = parse_qs(url.query)
        if int(query.get("index", ["0"])[0]) == self.index:
            await self._changed.wait()
        if self.broken:
            return b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno"
        known = self.services.get(unquote(url.path.rpartition("/")[2]), [])
        tag = query.get("tag", [""])[0]
        body = json.dumps([e for e in known if not tag or tag in e["ServiceTags"]]).encode()
        index = "" if self.silent else f"x-consul-index: {self.index}\r\n"
        return f"HTTP/1.1 200 OK\r\n{index}content-length: {len(body)}\r\n\r\n".encode() + body

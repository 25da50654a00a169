"""HTTP/1.1 as far as a small API server needs it, with bodies cut wherever a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    """Path and query."""
    group: str
    """``/api/v1`` or ``/apis/<group>/<version>``"""
    namespace: str
    plural: str
    name: str
    """Empty for a whole collection."""
    query: Mapping[str, str]
    token: str
    body: bytes

    @property
    def watches(self) -> bool:
        return "watch" in self.query

    @property
    def key(self) -> tuple[str, str]:
        return self.plural, self.namespace

    @property
    def sent_name(self) -> str:
        """Of the object in the body, if there is one."""
        return str(self._sent_metadata.get("name", ""))

    @property
    def sent_version(self) -> str:
        """Of the object in the body, if there is one."""
        return str(self._sent_metadata.get("resourceVersion", ""))

    @property
    def _sent_metadata(self) -> Object:
        sent: Object = json.loads(self.body) if self.body else {}
        metadata: Object = sent.get("metadata", {})
        return metadata

    def covers(self, plural: str, namespace: str, name: str) -> bool:
        """Whether an object is in the collection that is asked for."""
        selected = self.query.get("fieldSelector", f"metadata.name={name}")
        return (
            plural == self.plural
            and self.namespace in ("", namespace)
            and selected == f"metadata.name={name}"
        )


async def read_request(reader: asyncio.StreamReader) -> Asked:
    """Raises asyncio.IncompleteReadError."""
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = line.split()
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
    group, namespace, plural, name = _place(path)
    return Asked(
        method,
        target,
        group,
        namespace,
        plural,
        name,
        {key: values[0] for key, values in query.items()},
        headers.get("authorization", "").removeprefix("Bearer "),
        body,
    )


def _place(path: str) -> tuple[str, str, str, str]:
    """Group, namespace, plural and name; the latter three may be empty."""
    match path.split("/"):
        case [*group, "namespaces", namespace, plural, name]:
            return "/".join(group), namespace, plural, name
        case [*group, "namespaces", namespace, plural]:
            return "/".join(group), namespace, plural, ""
        case [*group, "namespaces", name]:
            return "/".join(group), "", "namespaces", name
        case [*group, plural]:
            return "/".join(group), "", plural, ""
        case _:
            return "", "", "", ""


@dataclass(frozen=True)
class Refusal:
    """What is answered when a request is refused, and the object of an event of type ERROR."""

    code: int
    message: str
    reason: str = ""

    @property
    def document(self) -> Object:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }


class Reply:
    """The answer to one request."""

    def __init__(self, writer: asyncio.StreamWriter, chunk: int) -> None:
        """``chunk``: the most bytes that are written at once."""
        self._writer = writer
        self._chunk = chunk

    async def refuse(self, refusal: Refusal, retry_after: int = 0) -> None:
        body = json.dumps(refusal.document)
        head = f"HTTP/1.1 {refusal.code} No\r\ncontent-type: application/json\r\n"
        if retry_after:
            head += f"retry-after: {retry_after}\r\n"
        self._writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        await self._writer.drain()

    async def whole(self, document: Object) -> None:
        await self.begin()
        await self._write(json.dumps(document).encode())
        await self.end()

    async def begin(self) -> None:
        self._writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        self._writer.write(b"transfer-encoding: chunked\r\n\r\n")
        await self._writer.drain()

    async def line(self, document: Object) -> None:
        await self._write(json.dumps(document).encode() + b"\n")

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _write(self, body: bytes) -> None:
        for at in range(0, len(body), self._chunk):
            piece = body[at : at + self._chunk]
            self._writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await self._writer.drain()

"""A closed-loop load of spans: each connection sends a body as soon as the last was answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench import otlp
from bench.load import Result, read_response
from bench.servers import Server
from clew.span import json_v2, proto3
from clew.span.model import Span

A_BODY, CONNECTIONS = 100, 8
_FULL = 503
_RUN = 80 * A_BODY
"""Spans in which each of the load's services has a body or two of its own."""


@dataclass(frozen=True)
class Format:
    encode: Callable[[list[Span]], bytes]
    content_type: str
    path: str = "/api/v2/spans"
    one_service: bool = False
    """Whether a body comes from one service, as from an SDK, and not from a collector of many."""

    def requests(self, spans: list[Span]) -> list[bytes]:
        """Whole requests of ``A_BODY`` spans each."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {self.content_type}\r\n"
        if self.one_service:
            runs = (spans[i : i + _RUN] for i in range(0, len(spans), _RUN))
            spans = [span for run in runs for span in sorted(run, key=lambda s: s.service or "")]
        bodies = (self.encode(spans[i : i + A_BODY]) for i in range(0, len(spans), A_BODY))
        return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


JSON = Format(json_v2.encode_list, "application/json")
PROTO3 = Format(proto3.encode_list, "application/x-protobuf")
OTLP = Format(otlp.encode_list, "application/x-protobuf", "/v1/traces", one_service=True)


def post(server: Server, requests: Iterable[bytes]) -> Result:
    """Each request once; again while the server says that it is full."""
    url = urlsplit(server.address)
    assert url.hostname
    assert url.port
    return asyncio.run(_post(url.hostname, url.port, requests))


async def _post(host: str, port: int, requests: Iterable[bytes]) -> Result:
    result, left = Result(), iter(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in left:
            status = _FULL
            while status == _FULL:
                start = time.perf_counter()
                writer.write(request)
                status = await read_response(reader)
                result.latencies.append(time.perf_counter() - start)
                if status == _FULL:
                    await asyncio.sleep(0.05)
            result.failures += status // 100 != 2
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    assert not result.failures
    return result

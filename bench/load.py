"""An open-loop HTTP/1.1 load: requests leave at a fixed rate, whether or not answers came."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

CONNECTIONS = 20


@dataclass
class Result:
    """What one stretch of load saw. Latencies in seconds, from when a request was due."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    def quantile(self, q: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


async def steady(host: str, port: int, request: bytes, rate: float, seconds: float) -> Result:
    """Send ``request`` ``rate`` times a second for ``seconds`` over kept-alive connections."""
    result = Result()
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection(host, port))
    begin = time.perf_counter() + 0.05

    async def one(due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        reader, writer = await idle.get()
        try:
            writer.write(request)
            status = await read_response(reader)
            result.failures += status != 200
            result.latencies.append(time.perf_counter() - due)
        except (OSError, asyncio.IncompleteReadError):
            result.failures += 1
            reader, writer = await asyncio.open_connection(host, port)
        idle.put_nowait((reader, writer))

    await asyncio.gather(*(one(begin + i / rate) for i in range(int(rate * seconds))))
    while not idle.empty():
        idle.get_nowait()[1].close()
    return result


async def read_response(reader: asyncio.StreamReader) -> int:
    """Read one whole response; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        _, _, rest = head.partition(b"content-length:")
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    return int(head.split(b" ", 2)[1])

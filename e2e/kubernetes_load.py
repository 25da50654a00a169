"""Requests to hello at a steady rate, in a thread of their own, while something happens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field

import httpx


@dataclass
class Load:
    """What was sent, as from outside the cluster."""

    entries: Sequence[str]
    """The nodes that take requests, in turn; may be changed at any time, as a load balancer does
    when a node is no longer ready."""
    sent: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def load(entries: Sequence[str], rate: int) -> Iterator[Load]:
    """``entries`` are addresses; ``rate`` is in requests a second. At the end all are answered."""
    seen = Load(entries)
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_send(seen, entries, rate, stop)))
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


async def _send(seen: Load, entries: Sequence[str], rate: int, stop: threading.Event) -> None:
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        clients = {
            entry: await stack.enter_async_context(
                httpx.AsyncClient(proxy=f"http://{entry}:4140", timeout=30)
            )
            for entry in entries
        }
        begin = time.monotonic()
        while not stop.is_set():
            entry = seen.entries[seen.sent % len(seen.entries)]
            seen.sent += 1
            group.create_task(_one(seen, clients[entry]))
            await asyncio.sleep(begin + seen.sent / rate - time.monotonic())


async def _one(seen: Load, client: httpx.AsyncClient) -> None:
    try:
        answer = await client.get("http://hello")
        if answer.status_code != httpx.codes.OK:
            seen.failures.append(f"{answer.status_code}: {answer.text[:200]}")
    except httpx.TransportError as error:
        seen.failures.append(repr(error))

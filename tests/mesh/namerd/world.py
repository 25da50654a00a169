"""A namerd in this process, on ports that are free, and a client of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from clew.mesh.namerd.app import Addresses, run

MEMORY = """\
storage: {kind: io.l5d.inMemory, namespaces: {default: "/svc => /#/io.l5d.fs"}}
interfaces: [{kind: io.l5d.httpController, port: 0}]
admin: {port: 0}
"""
PATIENCE_S = 20


@asynccontextmanager
async def namerd(text: str = MEMORY) -> AsyncIterator[tuple[httpx.AsyncClient, Addresses]]:
    """Running; the client's base is its first interface."""
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(run(text, "namerd.yml", stop, ready.set_result))
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    addresses: Addresses = await ready
    client = httpx.AsyncClient(
        base_url=addresses.controllers[0], timeout=PATIENCE_S, trust_env=False
    )
    async with client:
        yield client, addresses
        stop.set()
        await running


@asynccontextmanager
async def watching(client: httpx.AsyncClient, url: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a page that is watched."""
    async with client.stream("GET", url) as answer:
        assert answer.status_code == httpx.codes.OK
        yield answer.aiter_lines()

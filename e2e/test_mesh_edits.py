"""Edits of the linker file while requests pass: each takes effect, and none costs a request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from e2e.mesh_world import (
    App,
    World,
    free_port,
    gauges,
    get,
    load,
    meanwhile,
    new_world,
    running,
    told,
    until,
)

CLIENTS = 8


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def test_every_kind_of_edit_takes_effect_and_costs_no_request(world: World) -> None:
    seen: Counter[int] = Counter()

    async def scenario() -> None:
        async with running(world, App("hello"), App("world-v1"), App("world-v2")) as client:
            await meanwhile(
                edits(world, client), [load(client, "hello", seen) for _ in range(CLIENTS)]
            )
            assert not [
                name
                for name, value in (await gauges(world, client)).items()
                if "rejections_total" in name and value
            ]

    asyncio.run(scenario())
    assert set(seen) == {200}


async def edits(world: World, client: httpx.AsyncClient) -> None:
    async def says(app: str) -> bool:
        answer = await get(client, "world")
        return answer.status_code == 200 and bool(answer.json()["app"] == app)

    def shows(**headers: str) -> Callable[[], Awaitable[bool]]:
        async def shown() -> bool:
            sent = told(await get(client, "world"))
            return all(sent.get(name.replace("_", "-")) == value for name, value in headers.items())

        return shown

    outgoing = str(world.ports["outgoing"])

    # a dtab
    world.edit("/host/world => /srv/world-v1", "/host/world => /srv/world-v2")
    await until(lambda: says("world-v2"))
    # a service's policy, in routes
    world.edit("retryableRead5XX", "nonRetryable5XX")
    world.edit("sampleRate: 1.0", "sampleRate: 0.0")
    await until(shows(x_b3_sampled="0"))
    # a client's policy, in clusters that have requests under way
    world.edit(
        f"servers: [{{port: {outgoing}}}]",
        f"servers: [{{port: {outgoing}}}]\n"
        "  client: {loadBalancer: {kind: roundRobin}, failureAccrual: {kind: none}}",
    )
    world.edit("kind: roundRobin", "kind: ewma")
    # a listener that is replaced in place
    world.edit(
        f"servers: [{{port: {outgoing}",
        "servers: [{addForwardedHeader: {by: {kind: static, label: us}, "
        f"for: {{kind: static, label: you}}}}, port: {outgoing}",
    )
    await until(shows(forwarded="by=_us;for=_you;host=world"))
    # another port, taken and given up again
    port = free_port()
    world.edit(f"port: {outgoing}}}]", f"port: {outgoing}}}, {{port: {port}}}]")

    async def listens() -> bool:
        try:
            other = await client.get(f"http://127.0.0.1:{port}", headers={"host": "hello"})
        except httpx.ConnectError:
            return False
        return other.status_code == 200

    await until(listens)
    world.edit(f", {{port: {port}}}]", "]")

    async def refuses() -> bool:
        async with httpx.AsyncClient(trust_env=False) as fresh:
            try:
                await fresh.get(f"http://127.0.0.1:{port}", headers={"host": "hello"})
            except httpx.ConnectError:
                return True
        return False

    await until(refuses)
    # collectors
    world.edit("sampleRate: 0.0", "sampleRate: 1.0")
    world.edit("telemetry: [", "telemetry: [{kind: io.l5d.zipkin, host: 127.0.0.1, port: 1}, ")
    await until(shows(x_b3_sampled="1"))
    # namers and a transformer
    world.edit("namers: [", "namers: [{kind: io.l5d.rewrite, prefix: /x, pattern: /a, name: /b}, ")
    world.edit("transformers: [", "transformers: [{kind: io.l5d.localhost}, ")
    world.edit("/host/world => /srv/world-v2", "/host/world => /srv/world-v1")
    await until(lambda: says("world-v1"))
    # the admin port
    admin = free_port()
    world.edit(f"port: {world.ports['admin']}", f"port: {admin}")
    world.ports = {**world.ports, "admin": admin}

    async def pings() -> bool:
        try:
            return (await client.get(f"http://127.0.0.1:{admin}/admin/ping")).is_success
        except httpx.ConnectError:
            return False

    await until(pings)
    # a mistake changes nothing
    world.edit("/host => /srv;", "/host => srv;")
    await asyncio.sleep(0.5)
    assert await says("world-v1")

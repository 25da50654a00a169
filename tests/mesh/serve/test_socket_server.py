from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from clew.mesh.serve.socket_server import SocketServer


async def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


def test_only_this_user_can_reach_it_and_what_a_killed_one_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    path.touch()

    async def scene() -> None:
        server = SocketServer(path, Starlette(routes=[Route("/", page)]))
        await server.start()
        assert path.stat().st_mode & 0o777 == 0o600
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
            assert (await client.get("/")).text == "here"
        await server.stop()

    asyncio.run(scene())

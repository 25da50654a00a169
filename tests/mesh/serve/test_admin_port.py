"""The admin port at edits of its section: it moves, or stays where it is."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from clew.mesh.config.admin import Admin
from clew.mesh.serve.admin_port import AdminPort
from clew.mesh.serve.listening import PortError


def says(text: str) -> Starlette:
    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/", page)])


async def said(url: str) -> str:
    """Empty when nobody listens there."""
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).text
        except httpx.ConnectError:
            return ""


def test_it_moves_to_another_address_and_leaves_the_old_one() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        async with port.moving(Admin(ip="127.0.0.2", port=0)):
            assert await said(old) == "one"
        assert port.url.startswith("http://127.0.0.2:")
        assert (await said(old), await said(port.url)) == ("", "one")
        port.use(says("two"))
        assert await said(port.url) == "two"
        await port.stop()

    asyncio.run(scenario())


def test_it_stays_when_the_other_address_is_taken() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        with (
            socket.create_server(("127.0.0.1", 0)) as other,
            pytest.raises(PortError, match="already in use by another program"),
        ):
            async with port.moving(Admin(port=other.getsockname()[1])):
                pass
        assert port.url == old
        assert await said(old) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_it_stays_when_the_rest_of_the_edit_is_refused() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        with pytest.raises(ValueError, match="the rest"):
            async with port.moving(Admin(ip="127.0.0.2", port=0)):
                raise ValueError("the rest")
        assert port.url == old
        assert await said(old) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_an_edit_of_something_else_moves_nothing() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        async with port.moving(Admin(port=0, shutdown_grace_ms=1)):
            pass
        assert port.url == old
        await port.stop()

    asyncio.run(scenario())

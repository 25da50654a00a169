"""Asks an application without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute


class Client:
    """Requests to routes, one after the other."""

    def __init__(self, routes: Sequence[BaseRoute], middleware: Sequence[Middleware] = ()) -> None:
        self._app = Starlette(routes=list(routes), middleware=list(middleware))

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        return self.request("GET", path, headers, params)

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                # httpx takes gzip unless told otherwise, and reads it
                chosen = {"accept-encoding": "identity", **(headers or {})}
                return await client.request(method, path, headers=chosen, params=params)

        return asyncio.run(ask())

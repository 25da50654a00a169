from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clew.metrics import exposition
from clew.trace.collect.timing import RequestTimes


async def answer(request: Request) -> Response:
    return PlainTextResponse("here", int(request.query_params.get("status", "200")))


async def fail(request: Request) -> Response:
    raise TypeError("a mistake")


ROUTES = [
    Route("/api/v2/trace/{trace_id}", answer),
    Route("/zipkin/api/v2/trace/{trace_id}", answer),
    Route("/api/fail", fail),
    Route("/page", answer),
]


def counted(*paths: str) -> dict[str, float]:
    """The number of requests by labels, after a GET of each of ``paths``."""
    registry = CollectorRegistry()
    timing = Middleware(RequestTimes, routes=ROUTES, registry=registry)
    transport: Any = httpx.ASGITransport(
        Starlette(routes=ROUTES, middleware=[timing]), raise_app_exceptions=False
    )

    async def ask() -> None:
        async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
            for path in paths:
                await client.get(path)

    asyncio.run(ask())
    samples = [line.rpartition(" ") for line in exposition(registry).decode().splitlines()]
    return {
        name.removeprefix("http_server_requests_seconds_count"): float(value)
        for name, _, value in samples
        if name.startswith("http_server_requests_seconds_count")
    }


@pytest.mark.parametrize(
    ("path", "status", "uri"),
    [
        ("/api/v2/trace/1", "200", "/api/v2/trace/{trace_id}"),
        ("/zipkin/api/v2/trace/2", "200", "/api/v2/trace/{trace_id}"),
        ("/api/v2/trace/1?status=400", "400", "/api/v2/trace/{trace_id}"),
        ("/api/fail", "500", "/api/fail"),
        ("/api/made/up", "404", "NOT_FOUND"),
    ],
)
def test_a_request_is_counted_under_its_routes_path(path: str, status: str, uri: str) -> None:
    labels = f'{{method="GET",status="{status}",uri="{uri}"}}'
    assert counted(path, path) == {labels: 2}


def test_pages_are_not_measured() -> None:
    assert counted("/page", "/nothing") == {}

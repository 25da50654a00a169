"""How long requests take: ``http_server_requests_seconds``, which Zipkin's dashboards draw."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Histogram
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = ("/api/", "/zipkin/api/", "/v1/")
"""Pages and health checks are not measured, as in Zipkin."""
_NOT_FOUND = "NOT_FOUND"
"""The label of a path below these that nothing serves: paths that clients make up are no labels."""


class RequestTimes:
    """ASGI middleware around the whole application."""

    def __init__(
        self, app: ASGIApp, *, routes: Sequence[BaseRoute], registry: CollectorRegistry
    ) -> None:
        """``routes`` are those of ``app``: their paths, with the parameters' names, are labels."""
        self._app = app
        self._templates = _templates(routes)
        self._times = Histogram(
            "http_server_requests_seconds",
            "Seconds from a request's headers to the end of its answer.",
            ["method", "status", "uri"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how long that takes."""
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            uri = self._templates.get(scope.get("endpoint"), _NOT_FOUND)
            labels = self._times.labels(scope["method"], str(status), uri)
            labels.observe(time.perf_counter() - started)


def _templates(routes: Sequence[BaseRoute]) -> Mapping[object, str]:
    """The path of each endpoint; of several, the first."""
    templates: dict[object, str] = {}
    for route in routes:
        if isinstance(route, Route):
            templates.setdefault(route.endpoint, route.path)
    return templates

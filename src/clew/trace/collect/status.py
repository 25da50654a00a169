"""How it goes: ``/health``, ``/info``, ``/metrics`` and ``/prometheus``, as Zipkin shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import clew
from clew.metrics import CONTENT_TYPE, exposition
from clew.trace.collect.counts import Counts
from clew.trace.store import Health

_JSON = "application/json; charset=utf-8"
_ACTUATOR_JSON = "application/vnd.spring-boot.actuator.v2+json;charset=utf-8"


class Status:
    """The parts of this process, and whether each does its work."""

    def __init__(
        self,
        store: Callable[[], Health],
        counts: Counts,
        registry: CollectorRegistry,
        troubles: Callable[[], list[str]],
    ) -> None:
        """``store`` asks the store for its health.

        ``troubles`` says what keeps the collector from storing what it accepts, now.
        """
        self._store = store
        self._counts = counts
        self._registry = registry
        self._troubles = troubles

    def routes(self) -> list[Route]:
        """What to mount; monitoring that knows Spring Boot asks under ``/actuator``."""
        return [
            Route("/health", self._health),
            Route("/actuator/health", self._health),
            Route("/info", self._info),
            Route("/actuator/info", self._info),
            Route("/metrics", self._metrics),
            Route("/prometheus", self._prometheus),
            Route("/actuator/prometheus", self._prometheus),
        ]

    async def _health(self, request: Request) -> Response:
        store = await run_in_threadpool(self._store)
        totals = self._counts.totals()
        collector = {
            "accepted": totals.accepted,
            "stored": totals.stored,
            "dropped": totals.dropped,
            "waiting": totals.waiting,
        }
        parts = {
            f"{store.name}{{}}": _part([store.error] if store.error else [], {}),
            "Collector{}": _part(self._troubles(), collector),
        }
        status = "UP" if all(part["status"] == "UP" for part in parts.values()) else "DOWN"
        document = {"status": status, "zipkin": {"status": status, "details": parts}}
        return _answer(request, document, 200 if status == "UP" else 503)

    async def _info(self, request: Request) -> Response:
        return _answer(request, {"zipkin": {"version": clew.__version__, "commit": ""}})

    async def _metrics(self, request: Request) -> Response:
        return _answer(request, self._counts.as_zipkin())

    async def _prometheus(self, request: Request) -> Response:
        return Response(exposition(self._registry), media_type=CONTENT_TYPE)


def _part(troubles: list[str], details: dict[str, Any]) -> dict[str, Any]:
    if troubles:
        details = details | {"error": "; ".join(troubles)}
    part: dict[str, Any] = {"status": "DOWN" if troubles else "UP"}
    return part | {"details": details} if details else part


def _answer(request: Request, document: dict[str, Any], status: int = 200) -> Response:
    media_type = _ACTUATOR_JSON if request.url.path.startswith("/actuator/") else _JSON
    return Response(json.dumps(document, indent=2), status, media_type=media_type)

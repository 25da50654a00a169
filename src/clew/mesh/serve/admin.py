"""The admin port: Linkerd's paths for probes, metrics and name resolution."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from clew.mesh.config.admin import Security
from clew.mesh.serve.delegator import Delegator, delegation_page
from clew.mesh.serve.exposition import influx_lines, metrics_json, prometheus_text, tree
from clew.mesh.serve.metrics import Metric
from clew.mesh.serve.operator_app import LOGGING, document_route, operator_app, shutdown_route
from clew.mesh.serve.override_page import Comparison, override_page
from clew.mesh.serve.security import is_served
from clew.mesh.serve.sending import Door, sending_page
from clew.metrics import CONTENT_TYPE
from clew.ui import serve as ui

PROMETHEUS_PATH = "/admin/metrics/prometheus"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pages get what they show. Any of them may raise ClewError: that is a 503."""

    not_live: Callable[[], Awaitable[Collection[str]]]
    """What must still happen until every port takes requests, in words; empty when all do."""
    metrics: Callable[[], Awaitable[Sequence[Metric]]]
    """Envoy's statistics in Linkerd's words."""
    own_metrics: Callable[[], bytes]
    """clew's counters as Prometheus text."""
    delegate: Delegator
    """The tree of a path under a whole dtab, by the interpreter and namers of the router with this
    label; without namers when the label is None; None when there is no such router."""
    compare: Comparison
    """What an override changes for the names that were asked of the router with this label."""
    door: Door
    """Where the router with this label takes requests. Raises NoWayIn."""
    config: Callable[[], Mapping[str, Any]]
    """The linker file that is in use, as a JSON document."""
    documents: Mapping[str, Callable[[], Any]]
    """What is just shown, as JSON, by path."""
    shutdown: Callable[[], None]
    """Begins to stop the mesh, gracefully."""
    requests: Callable[[], str] | None = None
    """The last requests as HTML without scripts; None when they are not remembered."""
    security: Callable[[], Security | None] = lambda: None
    """What may be seen; None is everything."""


def admin_app(
    sources: Sources,
    *,
    prometheus_paths: Collection[str] = (),
    prefix: str = "",
    influx: bool = False,
) -> Starlette:
    """The pages. ``prometheus_paths`` are served too; ``prefix`` begins each metric's name.

    ``influx``: metrics in InfluxDB's format are a page too.
    """

    async def ping(request: Request) -> Response:
        # whoever ends what hangs asks for less: a router that waits is no reason to end the others
        waiting = () if "alive" in request.query_params else await sources.not_live()
        if waiting:
            return PlainTextResponse("".join(f"{line}\n" for line in waiting), status_code=503)
        return PlainTextResponse("pong")

    async def prometheus(_: Request) -> Response:
        text = await asyncio.to_thread(prometheus_text, await sources.metrics(), prefix)
        return Response(text.encode() + sources.own_metrics(), media_type=CONTENT_TYPE)

    async def flat_metrics(request: Request) -> Response:
        known: Mapping[str, int | float]
        known = await asyncio.to_thread(metrics_json, await sources.metrics())
        below = request.query_params.get("q", "").strip("/")
        if below:
            known = {k: v for k, v in known.items() if k == below or k.startswith(f"{below}/")}
            if not known:
                return JSONResponse({"error": f"No such subtree: {below}"}, status_code=404)
        if request.query_params.get("tree") in ("1", "true"):
            return JSONResponse(tree(known))
        pretty = request.query_params.get("pretty") == "true"
        body = json.dumps(known, sort_keys=pretty, indent=2 if pretty else None)
        return Response(body, media_type="application/json")

    async def influxdb(request: Request) -> Response:
        host = request.headers.get("host", "")
        return PlainTextResponse(
            await asyncio.to_thread(influx_lines, await sources.metrics(), host)
        )

    async def delegator(request: Request) -> Response:
        return await delegation_page(request, sources.delegate)

    async def override(request: Request) -> Response:
        return await override_page(request, sources.compare)

    async def sending(request: Request) -> Response:
        return await sending_page(request, sources.door)

    show_page = ui.mesh_index()

    async def last_requests(request: Request) -> Response:
        """The page for a browser, JSON for who asks for it, else a table without scripts."""
        accepted = request.headers.get("accept", "")
        security = sources.security()
        if "text/html" in accepted and (security is None or is_served("/", security)):
            return show_page(request)
        if sources.requests is None:
            raise HTTPException(404)
        if "application/json" in accepted:
            return JSONResponse(sources.documents["/requests.json"]())
        return HTMLResponse(sources.requests())

    routes = [
        Route("/", show_page),
        Route("/delegator", show_page),
        Route("/names", show_page),
        Route("/requests", last_requests),
        Route("/admin/ping", ping),
        Route("/admin/metrics.json", flat_metrics),
        *(Route(path, prometheus) for path in sorted({PROMETHEUS_PATH, *prometheus_paths})),
        document_route("/config.json", sources.config),
        Route("/delegator.json", delegator, methods=["GET", "POST"]),
        Route("/clew/override.json", override, methods=["POST"]),
        Route("/clew/send", sending, methods=["POST"]),
        LOGGING,
        shutdown_route(sources.shutdown),
        *([Route("/admin/metrics/influxdb", influxdb)] if influx else []),
        *(document_route(path, document) for path, document in sources.documents.items()),
    ]

    return operator_app(routes, sources.security, files=ui.mesh_files())

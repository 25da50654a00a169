"""The admin port: Linkerd's paths for probes, metrics and name resolution."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clew.errors import ClewError
from clew.mesh.config.admin import Security
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.serve.exposition import influx_lines, metrics_json, prometheus_text, tree
from clew.mesh.serve.levels import LEVELS, levels, set_level
from clew.mesh.serve.metrics import Metric
from clew.mesh.serve.security import Guard, is_served
from clew.metrics import CONTENT_TYPE
from clew.ui import serve as ui

log = logging.getLogger(__name__)

DELEGATE_SECONDS = 2.0
"""How long a delegation may wait for namers, as in Linkerd."""
PROMETHEUS_PATH = "/admin/metrics/prometheus"
STARTED_POLL_SECONDS = 0.01


class AdminPortError(ClewError):
    """The admin port cannot be listened on."""


Delegation = Mapping[str, Any]
"""The JSON document of linkerd's delegation tree."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pages get what they show. Any of them may raise ClewError: that is a 503."""

    not_live: Callable[[], Awaitable[Collection[str]]]
    """What must still happen until every port takes requests, in words; empty when all do."""
    metrics: Callable[[], Awaitable[Sequence[Metric]]]
    """Envoy's statistics in Linkerd's words."""
    own_metrics: Callable[[], bytes]
    """clew's counters as Prometheus text."""
    delegate: Callable[[str | None, Path, Dtab], Awaitable[Delegation | None]]
    """The tree of a path under a whole dtab, by the interpreter and namers of the router with this
    label; without namers when the label is None; None when there is no such router."""
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

    async def ping(_: Request) -> Response:
        waiting = await sources.not_live()
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

    async def config(_: Request) -> Response:
        return JSONResponse(sources.config())

    async def delegator(request: Request) -> Response:
        return await _delegator(request, sources.delegate)

    async def shutdown(_: Request) -> Response:
        log.warning("asked to stop on the admin port")
        sources.shutdown()
        return PlainTextResponse("")

    async def index(_: Request) -> Response:
        return PlainTextResponse("".join(f"{route.path}\n" for route in routes))

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
        Route("/admin", index),
        Route("/admin/index.txt", index),
        Route("/admin/ping", ping),
        Route("/admin/metrics.json", flat_metrics),
        *(Route(path, prometheus) for path in sorted({PROMETHEUS_PATH, *prometheus_paths})),
        Route("/config.json", config),
        Route("/delegator.json", delegator, methods=["GET", "POST"]),
        Route("/logging.json", _logging, methods=["GET", "POST"]),
        Route("/admin/shutdown", shutdown, methods=["POST"]),
        *([Route("/admin/metrics/influxdb", influxdb)] if influx else []),
        *(Route(path, _shown(document)) for path, document in sources.documents.items()),
    ]

    async def not_found(request: Request, _: Exception) -> Response:
        paths = "".join(f"  {route.path}\n" for route in routes)
        return PlainTextResponse(
            f"There is no {request.url.path} here. There is:\n{paths}", status_code=404
        )

    async def failed(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", status_code=503)

    return Starlette(
        routes=[*routes, *ui.mesh_files()],
        middleware=[Middleware(Guard, security=sources.security)],
        exception_handlers={404: not_found, ClewError: failed},
    )


def _shown(document: Callable[[], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return JSONResponse(document())

    return answer


async def _logging(request: Request) -> Response:
    if request.method != "POST":
        return JSONResponse(levels())
    query = request.query_params
    try:
        set_level(query["logger"], query["level"])
    except KeyError as error:
        raise HTTPException(
            400, f"it needs ?logger=NAME&level=LEVEL, one of {', '.join(LEVELS)}"
        ) from error
    return Response()


async def _delegator(
    request: Request,
    delegate: Callable[[str | None, Path, Dtab], Awaitable[Delegation | None]],
) -> Response:
    asked = await _asked_delegation(request)
    try:
        path = Path.read(asked.path)
    except ParseError as error:
        raise HTTPException(400, f"Invalid path: {error}") from error
    try:
        dtab = Dtab.read(asked.dtab)
    except ParseError as error:
        raise HTTPException(400, f"Invalid dtab: {error}") from error
    try:
        async with asyncio.timeout(DELEGATE_SECONDS):
            tree = await delegate(asked.namespace, path, dtab)
    except TimeoutError as error:
        raise HTTPException(503, "Request timed out.") from error
    if tree is None:
        raise HTTPException(501, f"Name Interpreter for {asked.namespace} cannot show delegations")
    return JSONResponse(tree)


@dataclass(frozen=True, slots=True)
class _AskedDelegation:
    namespace: str | None
    path: str
    dtab: str


async def _asked_delegation(request: Request) -> _AskedDelegation:
    """By query, or by a JSON body that must have both ``dtab`` and ``path``."""
    if request.method != "POST":
        query = request.query_params
        # the dtab is the whole one; a router's own is not added to it
        return _AskedDelegation(
            query.get("namespace") or None, query.get("path", ""), query.get("dtab", "")
        )
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Unsupported media type: send application/json")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(400, f"Invalid JSON: {error}") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "Invalid JSON: an object is expected")
    for key in ("dtab", "path"):
        if not isinstance(body.get(key), str):
            raise HTTPException(400, f"Invalid JSON: '{key}' must be a string")
    namespace = body.get("namespace")
    return _AskedDelegation(str(namespace) if namespace else None, body["path"], body["dtab"])


class AdminServer:
    """Serves one app on one address, in the running event loop."""

    def __init__(self, ip: str, port: int, app: Starlette) -> None:
        """``port`` 0 takes a free one."""
        self._ip = ip
        self._port = port
        self._app = app
        self._server = _Server(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:9990``; with the port that was taken, once it is started."""
        host = f"[{self._ip}]" if ":" in self._ip else self._ip
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Return when it accepts connections. Raises AdminPortError."""
        listener = _listen(self._ip, self._port)
        self._port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve([listener]), name="admin")
        while not self._server.started:
            if self._serving.done():
                return await self._serving
            await asyncio.sleep(STARTED_POLL_SECONDS)

    def use(self, app: Starlette) -> None:
        """Answer the next requests with this app."""
        self._app = app

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


class _Server(uvicorn.Server):
    """Signals belong to the command, not to one of its servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(ip: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ip, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AdminPortError(
                f"admin port {ip}:{port} is already in use by another program",
                hint="stop it, or set admin.port to another one",
            ) from error
        raise AdminPortError(
            f"admin port {ip}:{port} cannot be listened on: {error.strerror}",
            hint="set admin.ip and admin.port to an address of this machine",
        ) from error
    return listener

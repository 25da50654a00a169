"""The trace server: makes the parts, gives each what it needs, and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from clew.errors import ClewError
from clew.metrics import new_registry
from clew.scratch import scratch
from clew.trace import api
from clew.trace.api import ApiSettings
from clew.trace.collect import grpc as grpc_transport
from clew.trace.collect import http as http_transport
from clew.trace.collect import scribe as scribe_transport
from clew.trace.collect.counts import Counts
from clew.trace.collect.front import Front
from clew.trace.collect.grpc import GRPC_OPTIONS, GrpcCollector
from clew.trace.collect.http import HttpCollector
from clew.trace.collect.intake import Intake
from clew.trace.collect.listeners import BACKLOG, CannotListen, address, listening, port
from clew.trace.collect.otlp import OnlyOtlp, OtlpCollector
from clew.trace.collect.room import WhenFull
from clew.trace.collect.sampler import Sampler
from clew.trace.collect.scribe import ScribeCollector
from clew.trace.collect.status import Status
from clew.trace.collect.timing import RequestTimes
from clew.trace.dsn import Server
from clew.trace.store import SpanStore
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.lock import hold
from clew.trace.store.opening import Options, open_embedded, open_server, opened_when_there
from clew.trace.store.retaining import retaining
from clew.trace.store.retention import Retention
from clew.ui import serve as ui

_GRACE_SECONDS = 10
"""How long requests, and after them inserts, may take to finish when the server stops."""
_KEEP_ALIVE_SECONDS = 60

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a trace server can be told; in brackets Zipkin's variable for it."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 9411
    """For everything; 0 takes any free one (QUERY_PORT)."""
    directory: Path
    """Where the log and the embedded store are; made if it is not there."""
    server: Server | None = None
    """The ClickHouse that has the spans instead; None: the embedded store has them."""
    sample_rate: float = 1.0
    """The share of traces to keep, 0 to 1 (COLLECTOR_SAMPLE_RATE)."""
    http_collector: bool = True
    """Whether spans are taken over HTTP (COLLECTOR_HTTP_ENABLED)."""
    grpc_collector: bool = True
    """Whether spans are taken over gRPC (COLLECTOR_GRPC_ENABLED)."""
    otlp_ports: tuple[int, ...] = ()
    """More ports, at which OTLP is taken and nothing else; 0 is any free one."""
    scribe_port: int | None = None
    """Where Scribe is taken; None: nowhere (COLLECTOR_SCRIBE_ENABLED, COLLECTOR_PORT)."""
    scribe_category: str = scribe_transport.CATEGORY
    """The category of entries that are spans (SCRIBE_CATEGORY)."""
    strict_trace_id: bool = True
    """Whether an id of 16 characters is another than one of 32 that ends so (STRICT_TRACE_ID)."""
    when_full: WhenFull = WhenFull.REFUSE
    """What becomes of spans while too many wait for the store, or the disk is full."""
    retention: Retention = field(default_factory=Retention)
    """How much to keep."""
    query_timeout: int = 11
    """Seconds that a query may take; 0: as long as it likes (QUERY_TIMEOUT)."""
    api: ApiSettings = field(default_factory=ApiSettings)
    """How questions are answered."""
    pages: bool = True
    """Whether the pages are served (UI_ENABLED)."""
    pages_base_path: str = ui.HOME
    """Where a browser finds the pages, when a proxy shows them elsewhere (ZIPKIN_UI_BASEPATH)."""


class NoDirectory(ClewError):
    """The store's directory cannot be made."""


def run(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` gets the server's address when all is up."""
    uvloop.run(serve(settings, ready))


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """:func:`run`, in an event loop."""
    sampler = Sampler(settings.sample_rate)
    counts = Counts(http_transport.TRANSPORT, grpc_transport.TRANSPORT)
    # ports first, so that one in use is found before a store is opened
    with (
        listening(settings.host, settings.port) as [listener],
        listening(settings.host, *settings.otlp_ports) as otlp_listeners,
        listening(settings.host, *_scribe_ports(settings)) as scribe_listeners,
    ):
        for one in otlp_listeners:
            _logger.info("taking OTLP at port %d", port(one))
        async with (
            _store(settings) as store,
            _intake(settings, store, sampler, counts) as intake,
            _grpc_server(settings, intake) as (path, stop),
            _scribe(settings, intake, scribe_listeners),
            retaining(store, settings.retention),
        ):
            config = uvicorn.Config(
                _application(settings, store, intake, [port(one) for one in otlp_listeners]),
                http=Front.on(path, stop, counts.malformed_request),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
            server = _Server(config, functools.partial(ready, address(listener)))
            await server.serve([listener, *otlp_listeners])


def _application(
    settings: Settings, store: SpanStore, intake: Intake, otlp_ports: Sequence[int]
) -> Starlette:
    registry = new_registry()
    registry.register(intake.counts)
    parts = intake.collector, intake.room, intake.counts
    base, archive = settings.pages_base_path, settings.api.ui.archive_post_url
    spans = [*HttpCollector(*parts).routes(), *OtlpCollector(*parts).routes()]
    routes: list[BaseRoute] = [
        *(spans if settings.http_collector else ()),
        *Status(store.health, intake.counts, registry, intake.troubles).routes(),
        *api.routes(store, settings.api),
        *(ui.routes(base, archive=archive) if settings.pages else ()),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(OnlyOtlp, ports=otlp_ports),
            Middleware(RequestTimes, routes=routes, registry=registry),
            *api.middleware(settings.api),
        ],
        exception_handlers={404: _not_found, 405: _not_found},
    )


async def _not_found(request: Request, error: Exception) -> Response:
    """A path or a method that is not there: in Zipkin both are 404, and TRACE always 405."""
    if request.method == "TRACE":
        return PlainTextResponse("Method Not Allowed", 405)
    return PlainTextResponse("Not Found", 404)


def _scribe_ports(settings: Settings) -> Sequence[int]:
    return () if settings.scribe_port is None else (settings.scribe_port,)


@contextlib.asynccontextmanager
async def _scribe(
    settings: Settings, intake: Intake, listeners: Sequence[socket.socket]
) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for listener in listeners:
            _logger.info("taking Scribe at port %d", port(listener))
            collector = ScribeCollector(
                intake.collector, intake.room, intake.counts, category=settings.scribe_category
            )
            await stack.enter_async_context(collector.serving(listener, _GRACE_SECONDS))
        yield


@contextlib.asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[ClickHouseStore]:
    options: Options = {
        "strict_trace_id": settings.strict_trace_id,
        "autocomplete_keys": settings.api.autocomplete_keys,
        "query_timeout": settings.query_timeout,
    }
    with contextlib.ExitStack() as stack:
        try:
            settings.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise NoDirectory(
                f"{settings.directory}: {error.strerror}", "choose a directory with --store"
            ) from error
        if settings.server is None:
            store = open_embedded(settings.directory / "store", **options)
        else:
            # the embedded store holds its directory itself; here the log must be one's own
            stack.callback(os.close, hold(settings.directory))
            # while it waits: the first process of a container ends by what it handles alone
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sys.exit, 0)
            store = await opened_when_there(
                functools.partial(open_server, settings.server, **options)
            )
        stack.enter_context(contextlib.closing(store))
        yield store


@contextlib.asynccontextmanager
async def _intake(
    settings: Settings, store: SpanStore, sampler: Sampler, counts: Counts
) -> AsyncIterator[Intake]:
    directory = settings.directory / "log"
    intake = Intake(directory, store, sampler, counts, when_full=settings.when_full)
    intake.start()
    try:
        yield intake
    finally:
        await asyncio.to_thread(intake.close, _GRACE_SECONDS)
        if waiting := counts.totals().waiting:
            _logger.warning("%d spans are left in %s for the next start", waiting, directory)


@contextlib.asynccontextmanager
async def _grpc_server(
    settings: Settings, intake: Intake
) -> AsyncIterator[tuple[Path, Callable[[], None]]]:
    """A gRPC server on a socket that only this user reaches, and what makes it finish."""
    server = grpc.aio.server(options=GRPC_OPTIONS)
    if settings.grpc_collector:
        for service in (GrpcCollector, OtlpCollector):
            service(intake.collector, intake.room, intake.counts).serve_on(server)
    with scratch("traces") as directory:
        path = directory / "grpc"
        try:
            server.add_insecure_port(f"unix:{path}")
        except RuntimeError as error:
            raise CannotListen(
                f"cannot listen on the socket {path}", "set TMPDIR to a shorter path"
            ) from error
        await server.start()
        stopping: list[asyncio.Task[None]] = []

        def stop() -> None:
            if not stopping:
                stopping.append(asyncio.ensure_future(server.stop(_GRACE_SECONDS)))

        try:
            yield path, stop
        finally:
            stop()
            await stopping[0]


class _Server(uvicorn.Server):
    """uvicorn that tells when it accepts, and leaves the process alone when a signal stops it."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays: no later collection needs to look at it
        self._started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again when it is done, and so no exit would be 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

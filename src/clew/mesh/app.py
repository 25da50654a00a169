"""The mesh of one node, put together. The only place that knows all of its parts."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec

from clew.errors import ClewError
from clew.mesh.binding.configured import namer_rules, transformers_of
from clew.mesh.binding.explain import delegate
from clew.mesh.compile import NOTHING, Limits, State, compile_linker
from clew.mesh.config.linker import Linker
from clew.mesh.config.telemetry import (
    PrometheusTelemeter,
    Telemeter,
    ZipkinHttpTelemeter,
    ZipkinTelemeter,
)
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets, claim_run_dir
from clew.mesh.namers.interfaces import local_ips
from clew.mesh.namers.merged import Merged
from clew.mesh.namers.registry import build
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path as Name
from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.enrich import ServerFacts
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.relay import Relay
from clew.mesh.serve.admin import AdminServer, Sources, admin_app
from clew.mesh.serve.admission import Crowd
from clew.mesh.serve.ads import AdsServer
from clew.mesh.serve.linker_file import edits, read_file
from clew.mesh.serve.metrics import server_names
from clew.mesh.serve.name_gauges import NameGauges
from clew.mesh.serve.scrape import Scrape
from clew.mesh.xds.listeners import server_key
from clew.metrics import exposition, new_registry

log = logging.getLogger(__name__)

FORGET_AFTER = 0.2
"""Seconds between a new epoch and the end of the doubtful names of the last one, so that Envoy can
already ask for them again when it loses them."""
RESTART_SECONDS = 1.0
"""Until namers that failed are started again; what they said last stays."""


class PortInUse(ClewError):
    """A router cannot listen on its port."""


async def run(file: Path, run_dir: Path | None, stop: asyncio.Event) -> None:
    """Run the mesh of ``file`` until ``stop``. Raises ClewError when it cannot start.

    Without ``run_dir`` its sockets are in a temporary directory.
    """
    linker = read_file(file)
    binary = find_envoy()
    check_ports(linker)
    with claim_run_dir(run_dir) as sockets:
        async with AsyncExitStack() as stack:
            mesh = Mesh(linker, sockets, binary)
            await mesh.start(stack)
            _background(stack, mesh.follow_edits(file), "linker file")
            await stop.wait()
            log.info("stopping")


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
    ) -> None:
        self._linker = linker
        self._limits = limits
        self._local_ips = local_ips()
        self._answers: Answers = {}
        self._compiled = NOTHING
        self._crowd = crowd or Crowd()
        self._changed = asyncio.Event()
        self._registry = new_registry()
        self._gauges = NameGauges(self._registry)
        self._ads = AdsServer(sockets.xds, self._changed.set, self._registry)
        metrics = BacklogMetrics(self._registry)
        self._relay = Relay(
            sockets.spans,
            server_facts(linker),
            [Exporter(*place, metrics) for place in collectors(linker.telemetry)],
            self._registry,
        )
        self._envoy = EnvoyProcess(
            binary,
            bootstrap(socket.gethostname(), sockets),
            sockets,
            concurrency=workers(os.cpu_count() or 1),
            grace=linker.admin.shutdown_grace_ms / 1000,
        )
        self._scrape = Scrape(
            self._envoy.admin.statistics,
            self._envoy.admin.hosts,
            lambda: server_names(self._linker),
            asyncio.get_running_loop().time,
        )
        self._news = asyncio.Event()
        """Set, and replaced, when the namers have said something."""
        self._wanted: frozenset[Name] = frozenset()
        """What the namers were last asked for."""
        self._questions: dict[object, frozenset[Name]] = {}
        """What operators ask about just now, beside what Envoy has asked for."""
        self._namers = Merged(build(linker))
        self._discovery: asyncio.Task[None] | None = None

    async def start(self, stack: AsyncExitStack) -> None:
        """Return when Envoy runs; ``stack`` ends everything, Envoy first. Raises ClewError."""
        self._discover()
        stack.push_async_callback(self._stop_discovery)
        self._publish()
        await self._ads.start()
        stack.push_async_callback(self._ads.stop)
        await self._relay.start()
        stack.push_async_callback(self._relay.stop)
        admin = AdminServer(self._linker.admin.ip, self._linker.admin.port, self._pages())
        await admin.start()
        stack.push_async_callback(admin.stop)
        log.info("admin on %s", admin.url)
        _background(stack, self._keep_publishing(), "publish")
        await self._envoy.start()
        stack.push_async_callback(self._envoy.stop)

    async def follow_edits(self, file: Path) -> None:
        """Go on with each good edit of the file, for ever."""
        async for linker in edits(file, self._linker):
            try:
                self._use(linker)
            except ClewError as error:
                log.error("the edit is not used, the running configuration stays: %s", error)

    def _use(self, linker: Linker) -> None:
        if linker.admin != self._linker.admin:
            log.warning("another admin section takes effect when the mesh is restarted")
        if collectors(linker.telemetry) != collectors(self._linker.telemetry):
            log.warning("other collectors take effect when the mesh is restarted")
        if linker.namers != self._linker.namers:
            self._namers = Merged(build(linker))
            self._discover()
        self._linker = linker
        self._local_ips = local_ips()
        self._relay.set_facts(server_facts(linker))
        self._changed.set()
        log.info("the edited file is in use")

    # names: asked by Envoy, answered by namers, compiled, published

    def _discover(self) -> None:
        """Run the namers of the file that is in use, and no others."""
        if self._discovery is not None:
            self._discovery.cancel()
        self._namers.want(self._wanted)
        self._discovery = asyncio.create_task(self._run_namers(self._namers), name="namers")

    async def _stop_discovery(self) -> None:
        if self._discovery is not None:
            await _cancelled(self._discovery)

    async def _run_namers(self, namers: Merged) -> None:
        while True:
            try:
                await namers.run(self._on_answers)
            except Exception:
                # a namer handles what the world does to it; this is a fault of ours
                log.exception("the namers failed and are started again")
                await asyncio.sleep(RESTART_SECONDS)
            else:
                return

    def _on_answers(self, answers: Answers) -> None:
        self._answers = answers
        self._changed.set()
        self._news.set()
        self._news = asyncio.Event()

    def _want(self) -> None:
        wanted = self._compiled.wanted.union(*self._questions.values())
        if wanted != self._wanted:
            self._wanted = wanted
            self._namers.want(wanted)

    async def _keep_publishing(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            until = self._crowd.until
            wait = None if until is None else max(0.0, until - clock())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            self._changed.clear()
            if self._crowd.next_epoch(clock()):
                await self._begin_epoch()
            self._publish()

    def _publish(self) -> None:
        admission = self._crowd.admission
        compiled = compile_linker(
            self._linker,
            self._ads.asked,
            self._answers,
            admission=admission,
            limits=self._limits,
            local_ips=self._local_ips,
            previous=self._compiled,
        )
        self._compiled = compiled
        self._want()
        self._ads.publish(compiled.snapshot, gone=compiled.refused, epoch=admission.epoch)
        self._crowd.refuse(compiled.refused, asyncio.get_running_loop().time())
        self._gauges.show(compiled, self._crowd)
        if self._crowd.admission != admission:
            self._changed.set()

    async def _begin_epoch(self) -> None:
        """Names are asked for anew, and the doubtful ones of the last epoch go."""
        epoch = self._crowd.admission.epoch
        log.warning("too many unknown names were asked for; they are forgotten (epoch %d)", epoch)
        doubtful = [
            n for n, named in self._compiled.names.items() if named.state is not State.KNOWN
        ]
        self._publish()
        await asyncio.sleep(FORGET_AFTER)
        self._ads.forget(doubtful, before=epoch)

    # the admin port

    def _pages(self) -> Any:
        prometheus = [t for t in self._linker.telemetry if isinstance(t, PrometheusTelemeter)]
        return admin_app(
            Sources(
                not_live=self._not_live,
                metrics=self._scrape.metrics,
                own_metrics=lambda: exposition(self._registry),
                delegate=self._delegate,
                config=lambda: msgspec.to_builtins(self._linker, enc_hook=str),
            ),
            prometheus_paths=[telemeter.path for telemeter in prometheus],
            prefix=prometheus[0].prefix if prometheus else "",
        )

    async def _not_live(self) -> Collection[str]:
        live = await self._envoy.admin.live_listeners()
        return [
            f"{router.label} does not listen on {server.ip}:{server.port} yet"
            for router in self._linker.routers
            for index, server in enumerate(router.servers)
            if server_key(router, index) not in live
        ]

    async def _delegate(
        self, label: str | None, path: Name, dtab: Dtab
    ) -> Mapping[str, Any] | None:
        """Once the namers have said all that the tree needs; until then it waits."""
        routers = [router for router in self._linker.routers if router.label == label]
        if label is not None and not routers:
            return None
        rules = namer_rules(self._linker.namers if routers else (), self._local_ips)
        steps = routers[0].interpreter.transformers if routers else ()
        transformers = transformers_of(steps, self._local_ips)
        question = object()
        try:
            while True:
                news = self._news
                tree = delegate(path, dtab, rules, self._answers, transformers)
                if not tree.waiting:
                    return tree.document
                self._questions[question] = tree.wanted
                self._want()
                await news.wait()
        finally:
            self._questions.pop(question, None)
            self._want()


def server_facts(linker: Linker) -> dict[str, ServerFacts]:
    """What the relay adds to the spans of each server."""
    return {
        server_key(router, index): ServerFacts(
            service_name=server.service_name,
            router_label=router.label,
            dtab_base=str(router.dtab),
            ip=server.ip,
            port=server.port,
        )
        for router in linker.routers
        for index, server in enumerate(router.servers)
    }


def collectors(telemetry: Sequence[Telemeter]) -> tuple[tuple[str, int], ...]:
    """Host and port of every collector that takes spans."""
    places: dict[tuple[str, int], None] = {}
    for telemeter in telemetry:
        match telemeter:
            case ZipkinTelemeter(host=host, port=port):
                places[host, port] = None
            case ZipkinHttpTelemeter(host=authority):
                host, _, port_text = authority.rpartition(":")
                places[host.strip("[]"), int(port_text)] = None
    return tuple(places)


def workers(cpus: int) -> int:
    """Envoy's threads: half of the machine, the other half is for the applications."""
    return max(1, cpus // 2)


def check_ports(linker: Linker) -> None:
    """Raises PortInUse for the first port of a router that is taken.

    Envoy would only say so in its log, and go on without the port.
    """
    for router in linker.routers:
        for server in router.servers:
            family = socket.AF_INET6 if ":" in server.ip else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((server.ip, server.port))
                except OSError as error:
                    raise _unusable(router.label, f"{server.ip}:{server.port}", error) from error


def _unusable(label: str, place: str, error: OSError) -> PortInUse:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"router {label}: {place} is already in use by another program",
            hint="stop it, or give the server another port",
        )
    return PortInUse(
        f"router {label}: {place} cannot be listened on: {error.strerror}",
        hint="give the server an ip and port of this machine",
    )


def _background(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Run beside everything else until ``stack`` ends."""
    stack.push_async_callback(_cancelled, asyncio.create_task(work, name=name))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

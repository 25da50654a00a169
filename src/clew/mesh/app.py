"""The mesh of one node, put together. The only place that knows all of its parts."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec

from clew.errors import ClewError
from clew.mesh.binding.configured import namer_rules, transformers_of
from clew.mesh.binding.explain import delegate
from clew.mesh.compile import NOTHING, Compiled, Limits, State, compile_linker
from clew.mesh.config.linker import Linker
from clew.mesh.config.telemetry import PrometheusTelemeter
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.ports import check_ports
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets, claim_run_dir
from clew.mesh.namers.interfaces import local_ips
from clew.mesh.namers.registry import build
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path as Name
from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.configured import collectors, server_facts
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.relay import Relay
from clew.mesh.serve.admin import AdminServer, Sources, admin_app
from clew.mesh.serve.admission import Crowd
from clew.mesh.serve.ads import AdsServer
from clew.mesh.serve.discovery import Discovery
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
        self._compiled = NOTHING
        self._crowd = crowd or Crowd()
        self._changed = asyncio.Event()
        self._registry = new_registry()
        self._gauges = NameGauges(self._registry)
        self._ads = AdsServer(sockets.xds, self._changed.set, self._registry)
        self._discovery = Discovery(self._changed.set)
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

    async def start(self, stack: AsyncExitStack) -> None:
        """Return when Envoy runs; ``stack`` ends everything, Envoy first. Raises ClewError."""
        self._discovery.use(build(self._linker))
        stack.push_async_callback(self._discovery.stop)
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
        if linker.namers != self._linker.namers:
            self._discovery.use(build(linker))
        if linker.admin != self._linker.admin:
            log.warning("another admin section takes effect when the mesh is restarted")
        if collectors(linker.telemetry) != collectors(self._linker.telemetry):
            log.warning("other collectors take effect when the mesh is restarted")
        self._linker = linker
        self._local_ips = local_ips()
        self._relay.set_facts(server_facts(linker))
        self._changed.set()
        log.info("the edited file is in use")

    async def _keep_publishing(self) -> None:
        """Whenever Envoy asks, a namer answers, the file is edited or an epoch ends."""
        clock = asyncio.get_running_loop().time
        while True:
            until = self._crowd.until
            wait = None if until is None else max(0.0, until - clock())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            self._changed.clear()
            try:
                if self._crowd.next_epoch(clock()):
                    await self._begin_epoch()
                self._publish()
            except Exception:
                # a fault of ours: Envoy goes on with what it has, and the next change is tried
                log.exception("the configuration for Envoy could not be made")

    def _publish(self) -> None:
        compiled = self._compile()
        admission = self._crowd.admission
        self._crowd.refuse(compiled.refused, asyncio.get_running_loop().time())
        if self._crowd.admission != admission:
            # the routes must know of the crowd before the first name is refused
            compiled = self._compile()
        self._compiled = compiled
        self._discovery.want(compiled.wanted)
        epoch = self._crowd.admission.epoch
        self._ads.publish(compiled.snapshot, gone=compiled.refused, epoch=epoch)
        self._gauges.show(compiled, self._crowd)

    def _compile(self) -> Compiled:
        return compile_linker(
            self._linker,
            self._ads.asked,
            self._discovery.answers,
            admission=self._crowd.admission,
            limits=self._limits,
            local_ips=self._local_ips,
            previous=self._compiled,
        )

    async def _begin_epoch(self) -> None:
        """Names are asked for anew, and those of the last epoch that are in the way go."""
        epoch = self._crowd.admission.epoch
        log.warning("too many names were asked for; room is made for others (epoch %d)", epoch)
        names = self._compiled.names
        full = self._compiled.count(State.KNOWN) >= self._limits.known
        # nobody tells which of the known names are idle: those that are not are asked for again
        old = [name for name in names if full or names[name].state is not State.KNOWN]
        self._publish()
        await asyncio.sleep(FORGET_AFTER)
        self._ads.forget(old, before=epoch)

    def _pages(self) -> Any:
        prometheus = [t for t in self._linker.telemetry if isinstance(t, PrometheusTelemeter)]
        scrape = Scrape(
            self._envoy.admin.statistics,
            self._envoy.admin.hosts,
            lambda: server_names(self._linker),
            asyncio.get_running_loop().time,
        )
        return admin_app(
            Sources(
                not_live=self._not_live,
                metrics=scrape.metrics,
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
        routers = [router for router in self._linker.routers if router.label == label]
        if label is not None and not routers:
            return None
        rules = namer_rules(self._linker.namers if routers else (), self._local_ips)
        steps = routers[0].interpreter.transformers if routers else ()
        transformers = transformers_of(steps, self._local_ips)
        tree = await self._discovery.explain(
            lambda answers: delegate(path, dtab, rules, answers, transformers)
        )
        return tree.document


def workers(cpus: int) -> int:
    """Envoy's threads: half of the machine, the other half is for the applications."""
    return max(1, cpus // 2)


def _background(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Run beside everything else until ``stack`` ends."""
    task = asyncio.create_task(work, name=name)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)

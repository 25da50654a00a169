"""What the telemeters of a linker file make of spans: sent on, remembered, logged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from clew.mesh.config.linker import Linker
from clew.mesh.config.telemetry import RecentRequestsTelemeter, TraceLogTelemeter
from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.collector import Collector, Zipkin
from clew.mesh.relay.configured import collectors, server_facts
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.recent import RecentRequests
from clew.mesh.relay.relay import Relay
from clew.mesh.relay.span_log import SpanLog

Exporters = Mapping[Collector, Exporter]


class Telemeters:
    """Those of the file in use; what stays from one file to the next goes on."""

    def __init__(self, socket_path: Path, linker: Linker, registry: CollectorRegistry) -> None:
        """Raises NoSuchCollector."""
        self._backlogs = BacklogMetrics(registry)
        self._recent: dict[RecentRequestsTelemeter, RecentRequests] = {}
        self._exporters: Exporters = {}
        self._exporters = self.exporters(linker)
        self._relay = Relay(
            socket_path, server_facts(linker), list(self._exporters.values()), registry
        )
        self.observe(linker)

    @property
    def recent(self) -> RecentRequests | None:
        """The last requests; None when no telemeter wants them."""
        return next(iter(self._recent.values()), None)

    @property
    def paged(self) -> list[tuple[str, int]]:
        """Host and port of collectors that may have pages there: others have them elsewhere."""
        zipkins = (each.place for each in self._exporters if isinstance(each.form, Zipkin))
        return [(place.host, place.port) for place in zipkins]

    def exporters(self, linker: Linker) -> Exporters:
        """Those of another file, for :meth:`send_to`. Raises NoSuchCollector."""
        return {
            collector: self._exporters.get(collector) or Exporter(collector, self._backlogs)
            for collector in collectors(linker.telemetry)
        }

    def use_facts(self, linker: Linker) -> None:
        """What is added to spans from now on."""
        self._relay.set_facts(server_facts(linker))

    def observe(self, linker: Linker) -> None:
        """Show spans to the telemeters of this process from now on."""
        recent = [t for t in linker.telemetry if isinstance(t, RecentRequestsTelemeter)]
        logs = [t for t in linker.telemetry if isinstance(t, TraceLogTelemeter)]
        self._recent = {
            each: self._recent.get(each) or RecentRequests(each.sample_rate, each.capacity)
            for each in recent[:1]
        }
        self._relay.set_observers(
            [
                *(requests.see for requests in self._recent.values()),
                *(SpanLog(each.sample_rate, each.level).see for each in logs),
            ]
        )

    async def send_to(self, exporters: Exporters) -> None:
        """These from now on; those that are not among them send what waits."""
        self._exporters = exporters
        await self._relay.set_exporters(list(exporters.values()))

    async def start(self) -> None:
        """Spans are taken once this returns."""
        await self._relay.start()

    async def stop(self) -> None:
        """Take no more spans, and send those that wait."""
        await self._relay.stop()

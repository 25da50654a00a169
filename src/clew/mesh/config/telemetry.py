"""``telemetry``: who is told what happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

import msgspec

from clew.mesh.config.section import Count, KindSection, Port, Positive, Rule, Share
from clew.mesh.naming.bound import Address


def _is_host_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and int(port) <= 65535


HostPort = Annotated[str, Rule(_is_host_port, "a host and a port, host:port")]


UrlPath = Annotated[str, Rule(lambda text: text.startswith("/"), "a path that begins with '/'")]

_LEVELS = ("FATAL", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "TRACE", "ALL")
LogLevel = Annotated[str, Rule(_LEVELS.__contains__, f"one of {', '.join(_LEVELS)}")]


class ZipkinTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.zipkin"):
    """Spans by HTTP; at port 9410 by Scribe, unless the collector speaks HTTP there too."""

    host: str = "localhost"
    port: Port = 9410
    sample_rate: Share = 0.001

    @property
    def place(self) -> Address:
        """Of the collector."""
        return Address(self.host, self.port)


class ZipkinHttpTelemeter(KindSection, frozen=True, kw_only=True, tag="io.zipkin.http"):
    """Spans by HTTP."""

    no_effect: ClassVar = {"compression_enabled": "spans are sent as they are"}

    host: HostPort = "localhost:9411"
    host_header: str = "zipkin"
    compression_enabled: bool = True
    initial_sample_rate: Share = 0.001

    @property
    def place(self) -> Address:
        """Of the collector."""
        return Address.read(self.host)


class OtlpTelemeter(KindSection, frozen=True, kw_only=True, tag="io.clew.otlp"):
    """Spans by OTLP, as protobuf over HTTP."""

    host: str = "localhost"
    port: Port = 4318
    path: UrlPath = "/v1/traces"
    sample_rate: Share = 0.001

    @property
    def place(self) -> Address:
        """Of the collector."""
        return Address(self.host, self.port)


class ZipkinKafkaTelemeter(KindSection, frozen=True, kw_only=True, tag="io.zipkin.kafka"):
    """Spans by Kafka."""

    idle = "clew sends no spans to Kafka; use io.l5d.zipkin"

    bootstrap_servers: str = "localhost:9092"
    topic: str = "zipkin"
    initial_sample_rate: Share = 0.001


class NewRelicTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.newrelic"):
    """Metrics to New Relic."""

    idle = "clew sends no metrics to New Relic; let it fetch those of io.l5d.prometheus"

    license_key: str = msgspec.field(name="license_key")


class PrometheusTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.prometheus"):
    """Metrics on the admin port, for Prometheus to fetch."""

    path: str = "/admin/metrics/prometheus"
    prefix: str = ""
    """In front of each metric's name."""


class InfluxDbTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.influxdb"):
    """Metrics on the admin port (``/admin/metrics/influxdb``), for Telegraf to fetch."""


class StatsDTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.statsd"):
    """Metrics by UDP."""

    no_effect: ClassVar = {"sample_rate": "everything is counted, and sent added up"}

    prefix: str = "linkerd"
    """In front of each metric's name."""
    hostname: str = "127.0.0.1"
    port: Port = 8125
    gauge_interval_ms: Positive = 10_000
    """Milliseconds between two reports, of gauges and of all else."""
    sample_rate: Share = 0.01


class RecentRequestsTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.recentRequests"):
    """The page ``/requests`` with the last requests, on the admin port."""

    sample_rate: Share
    """Of the requests that are traced, or of all when no telemeter sends spans."""
    capacity: Count = 10
    """Requests that are kept."""


class TraceLogTelemeter(KindSection, frozen=True, kw_only=True, tag="io.l5d.tracelog"):
    """Every span in the log."""

    sample_rate: Share = 1.0
    """Of the requests that are traced, or of all when no telemeter sends spans."""
    level: LogLevel = "INFO"


Telemeter = (
    ZipkinTelemeter
    | ZipkinHttpTelemeter
    | OtlpTelemeter
    | ZipkinKafkaTelemeter
    | NewRelicTelemeter
    | PrometheusTelemeter
    | InfluxDbTelemeter
    | StatsDTelemeter
    | RecentRequestsTelemeter
    | TraceLogTelemeter
)


def sample_rate(telemetry: Iterable[Telemeter]) -> float:
    """The share of requests to trace: that of the telemeter that wants most; 0 without one.

    Those that only show spans here decide when no telemeter sends them to others.
    """
    sent, shown = [0.0], [0.0]
    for telemeter in telemetry:
        match telemeter:
            case (
                ZipkinTelemeter(sample_rate=rate)
                | ZipkinHttpTelemeter(initial_sample_rate=rate)
                | OtlpTelemeter(sample_rate=rate)
            ):
                sent.append(rate)
            case RecentRequestsTelemeter(sample_rate=rate) | TraceLogTelemeter(sample_rate=rate):
                shown.append(rate)
    return max(sent) or max(shown)

"""What Envoy's admin interface tells, read from its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from clew.mesh.serve.histogram import Bucket, Histogram, Histograms


@dataclass(frozen=True, slots=True)
class Statistics:
    """``/stats?format=json&histogram_buckets=detailed``, by Envoy's names."""

    counts: Mapping[str, int]
    """Counters and gauges."""
    histograms: Histograms
    """Of Envoy's whole life."""


@dataclass(frozen=True, slots=True)
class Host:
    """One endpoint of a cluster and its counts since it is one."""

    address: str
    """``127.0.0.1:4141``."""
    client: str
    """The bound id that it is reached for; empty when several share the address."""
    healthy: bool
    counts: Mapping[str, int]
    """``cx_active``, ``cx_total``, ``rq_active``, ``rq_error``, ``rq_success`` …"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of ``/clusters?format=json``."""

    name: str
    stat_name: str
    """What it is called in :class:`Statistics`."""
    hosts: tuple[Host, ...]


def read_statistics(document: bytes) -> Statistics:
    """The JSON of ``/stats``."""
    counts: dict[str, int] = {}
    histograms: Histograms = {}
    for entry in msgspec.json.decode(document, type=_StatsDocument).stats:
        if entry.histograms is not None:
            histograms = {detail.name: _histogram(detail) for detail in entry.histograms.details}
        elif isinstance(entry.value, int):  # a text, such as a version, is not a count
            counts[entry.name] = entry.value
    return Statistics(counts, histograms)


def read_clusters(document: bytes) -> tuple[Cluster, ...]:
    """The JSON of ``/clusters``."""
    decoded = msgspec.json.decode(document, type=_ClustersDocument)
    return tuple(
        Cluster(
            name=status.name,
            # the characters that Envoy replaces in the name of a statistic
            stat_name=(status.observability_name or status.name).replace(":", "_"),
            hosts=tuple(_host(host) for host in status.host_statuses),
        )
        for status in decoded.cluster_statuses
    )


class _Bucket(msgspec.Struct, frozen=True):
    lower_bound: float
    width: float
    count: int


class _Detail(msgspec.Struct, frozen=True):
    name: str
    totals: list[_Bucket] = []


class _Details(msgspec.Struct, frozen=True):
    details: list[_Detail] = []


class _Stat(msgspec.Struct, frozen=True):
    name: str = ""
    value: int | str = 0
    histograms: _Details | None = None


class _StatsDocument(msgspec.Struct, frozen=True):
    stats: list[_Stat] = []


class _HostStat(msgspec.Struct, frozen=True):
    name: str
    value: str = "0"


class _Health(msgspec.Struct, frozen=True):
    """A field is present when that check has an opinion."""

    eds_health_status: str = "HEALTHY"
    failed_active_health_check: bool = False
    failed_outlier_check: bool = False


class _Locality(msgspec.Struct, frozen=True):
    sub_zone: str = ""


class _SocketAddress(msgspec.Struct, frozen=True):
    address: str = ""
    port_value: int = 0


class _Address(msgspec.Struct, frozen=True):
    socket_address: _SocketAddress = _SocketAddress()


class _HostStatus(msgspec.Struct, frozen=True):
    address: _Address = _Address()
    stats: list[_HostStat] = []
    health_status: _Health = _Health()
    locality: _Locality = _Locality()


class _ClusterStatus(msgspec.Struct, frozen=True):
    name: str
    observability_name: str = ""
    host_statuses: list[_HostStatus] = []


class _ClustersDocument(msgspec.Struct, frozen=True):
    cluster_statuses: list[_ClusterStatus] = []


def _histogram(detail: _Detail) -> Histogram:
    return Histogram({Bucket(b.lower_bound, b.width): b.count for b in detail.totals})


def _host(status: _HostStatus) -> Host:
    health = status.health_status
    place = status.address.socket_address
    return Host(
        address=f"{place.address}:{place.port_value}",
        client=status.locality.sub_zone,
        healthy=health.eds_health_status == "HEALTHY"
        and not health.failed_active_health_check
        and not health.failed_outlier_check,
        counts={stat.name: int(stat.value) for stat in status.stats},
    )

"""Envoy's statistics under Linkerd's names, so that Linkerd's dashboards and alerts go on. Pure.

Linkerd counts for servers (a listening port), services (a logical name) and clients (a bound id).
Envoy counts for listeners, clusters (one for each logical name) and endpoints. A client's requests
and connections are added up from endpoints and always right; its latencies and statuses come from
the clusters that reach nothing else, since Envoy does not keep them apart in a split.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.mesh.config.linker import Linker
from clew.mesh.serve.histogram import Histogram, Histograms, merged
from clew.mesh.serve.readings import Cluster, Host, Statistics
from clew.mesh.xds.listeners import server_key
from clew.mesh.xds.names import logical_part


@dataclass(frozen=True, slots=True)
class ServerName:
    """Linkerd's labels of one listening port."""

    router: str
    """The router's label."""
    server: str
    """``0.0.0.0/4140``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: ``(("rt", "outgoing"), ("server", "0.0.0.0/4140"))``."""

    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A counter or a gauge."""

    scope: Scope
    name: str
    """Under the scope, its parts joined by ``/``: ``requests``, ``loadbalancer/size``."""
    value: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Milliseconds."""

    scope: Scope
    name: str
    total: Histogram
    """Of Envoy's whole life, as Prometheus wants counts."""
    recent: Histogram
    """Of the last minute, as Linkerd's quantiles are."""


Metric = Count | Distribution

_SERVER = {
    "connections": "downstream_cx_active",
    "connects": "downstream_cx_total",
    "closes": "downstream_cx_destroy",
    "pending": "downstream_rq_active",
    "received_bytes": "downstream_cx_rx_bytes_total",
    "sent_bytes": "downstream_cx_tx_bytes_total",
}
_SERVICE = {
    "pending": "upstream_rq_active",
    "retries/total": "upstream_rq_retry",
    "retries/budget_exhausted": "upstream_rq_retry_overflow",
}
_CLIENT = {
    "connections": "cx_active",
    "connects": "cx_total",
    "pending": "rq_active",
}
_ONLY_CLIENT = {
    "failure_accrual/removals": "outlier_detection.ejections_enforced_total",
    "received_bytes": "upstream_cx_rx_bytes_total",
    "sent_bytes": "upstream_cx_tx_bytes_total",
}


def server_names(linker: Linker) -> dict[str, ServerName]:
    """The listening ports of a file, by what Envoy calls them in its statistics."""
    return {
        server_key(router, index).replace(".", "~"): ServerName(router.label, server.service_name)
        for router in linker.routers
        for index, server in enumerate(router.servers)
    }


def linkerd_metrics(
    statistics: Statistics,
    recent: Histograms,
    clusters: Iterable[Cluster],
    servers: Mapping[str, ServerName],
) -> list[Metric]:
    """All that Envoy's readings say in Linkerd's words, in one order whatever Envoy's is.

    ``recent`` are the histograms of the last minute; ``servers`` are :func:`server_names`. Only
    clusters of these servers' routers count.
    """
    read = _Reader(statistics, recent)
    metrics: list[Metric] = []
    for prefix, name in servers.items():
        metrics += _server(read, f"http.{prefix}", name)
    routers = {name.router for name in servers.values()}
    services, clients, parts = _group(clusters, routers)
    for scope, stat_names in sorted(services.items(), key=_labels):
        metrics += _service(read, sorted(stat_names), scope)
    for scope, reached in sorted(clients.items(), key=_labels):
        metrics += _client(read, reached, scope)
    for scope, hosts in sorted(parts.items(), key=_labels):
        metrics += _outcome(scope, *_sums(hosts, "rq_success", "rq_error"))
    return metrics


class _Reader:
    """Sums of a statistic over several of Envoy's scopes."""

    def __init__(self, statistics: Statistics, recent: Histograms) -> None:
        self._counts = statistics.counts
        self._totals = statistics.histograms
        self._recent = recent
        self._statuses: dict[str, dict[str, int]] = defaultdict(dict)
        """By what stands before ``_200``, ``_2xx`` and so on; only those that occurred."""
        for name, value in statistics.counts.items():
            stat, _, code = name.rpartition("_")
            if value and len(code) == 3 and code[0].isdigit():
                self._statuses[stat][code.upper()] = value

    def count(self, prefixes: Iterable[str], stat: str) -> int:
        return sum(self._counts.get(f"{prefix}.{stat}", 0) for prefix in prefixes)

    def counts(
        self, prefixes: Iterable[str], scope: Scope, stats: Mapping[str, str]
    ) -> list[Count]:
        return [Count(scope, name, self.count(prefixes, stat)) for name, stat in stats.items()]

    def distribution(
        self, prefixes: Sequence[str], scope: Scope, name: str, stat: str
    ) -> Iterator[Distribution]:
        """Empty when nothing was ever measured."""
        names = [f"{prefix}.{stat}" for prefix in prefixes]
        total = merged(self._totals[name] for name in names if name in self._totals)
        if total.count:
            recent = merged(self._recent[name] for name in names if name in self._recent)
            yield Distribution(scope, name, total, recent)

    def statuses(self, prefixes: Iterable[str], scope: Scope, stat: str) -> Iterator[Count]:
        """``status/200`` … and ``status/2XX`` …, those that occurred."""
        sums: Counter[str] = Counter()
        for prefix in prefixes:
            sums.update(self._statuses.get(f"{prefix}.{stat}", {}))
        for code, value in sorted(sums.items()):
            yield Count(scope, f"status/{code}", value)


@dataclass(slots=True)
class _Reached:
    """Where a client's numbers are: its endpoints, and names in Envoy that no other shares."""

    hosts: list[Host]
    stat_names: set[str]


_Services = dict[Scope, set[str]]
_Clients = dict[Scope, _Reached]
_Parts = dict[Scope, list[Host]]


def _group(
    clusters: Iterable[Cluster], routers: Iterable[str]
) -> tuple[_Services, _Clients, _Parts]:
    """Envoy's names of each service; each client; each client within a service."""
    services: _Services = defaultdict(set)
    clients: _Clients = defaultdict(lambda: _Reached([], set()))
    parts: _Parts = defaultdict(list)
    reached_by: dict[str, set[Scope | None]] = defaultdict(set)
    for cluster in clusters:
        router = _router(cluster.name, routers)
        if router is None:
            continue
        rt = ("rt", router)
        # a request's own dtab counts for the plain name
        logical = logical_part(cluster.name).removeprefix(f"{router}/")
        stat_name = f"cluster.{cluster.stat_name}"
        services[Scope((rt, ("service", logical)))].add(stat_name)
        for host in cluster.hosts:
            if not host.client:
                reached_by[stat_name].add(None)
                continue
            client = ("client", host.client.removeprefix("/"))
            scope = Scope((rt, client))
            clients[scope].hosts.append(host)
            reached_by[stat_name].add(scope)
            parts[Scope((rt, client, ("service", logical)))].append(host)
    for stat_name, scopes in reached_by.items():
        if len(scopes) == 1 and (only := next(iter(scopes))) is not None:
            clients[only].stat_names.add(stat_name)
    return services, clients, parts


def _labels(item: tuple[Scope, object]) -> tuple[tuple[str, str], ...]:
    return item[0].labels


def _router(cluster: str, routers: Iterable[str]) -> str | None:
    owners = [label for label in routers if cluster.startswith(f"{label}/")]
    return max(owners, key=len, default=None)


def _server(read: _Reader, prefix: str, name: ServerName) -> Iterator[Metric]:
    scope = Scope((("rt", name.router), ("server", name.server)))
    failures = read.count([prefix], "downstream_rq_5xx")
    yield from _outcome(scope, read.count([prefix], "downstream_rq_completed") - failures, failures)
    yield from read.counts([prefix], scope, _SERVER)
    yield from read.statuses([prefix], scope, "downstream_rq")
    yield from read.distribution([prefix], scope, "request_latency_ms", "downstream_rq_time")
    yield from read.distribution([prefix], scope, "connection_duration", "downstream_cx_length_ms")


def _service(read: _Reader, prefixes: Sequence[str], scope: Scope) -> Iterator[Metric]:
    failures = read.count(prefixes, "upstream_rq_5xx")
    yield from _outcome(scope, read.count(prefixes, "upstream_rq_completed") - failures, failures)
    yield from read.counts(prefixes, scope, _SERVICE)
    yield from read.distribution(prefixes, scope, "request_latency_ms", "upstream_rq_time")


def _client(read: _Reader, reached: _Reached, scope: Scope) -> Iterator[Metric]:
    yield from _outcome(scope, *_sums(reached.hosts, "rq_success", "rq_error"))
    for name, stat in _CLIENT.items():
        yield Count(scope, name, *_sums(reached.hosts, stat))
    yield Count(scope, "loadbalancer/size", len({h.address for h in reached.hosts}))
    usable = {host.address for host in reached.hosts if host.healthy}
    yield Count(scope, "loadbalancer/available", len(usable))
    own = sorted(reached.stat_names)
    if own:
        yield from read.counts(own, scope, _ONLY_CLIENT)
        yield from read.statuses(own, scope, "upstream_rq")
        yield from read.distribution(own, scope, "request_latency_ms", "upstream_rq_time")
        yield from read.distribution(own, scope, "connect_latency_ms", "upstream_cx_connect_ms")


def _outcome(scope: Scope, success: int, failures: int) -> Iterator[Count]:
    """Envoy's totals count what is under way and leave out what never connected; this adds up."""
    yield Count(scope, "requests", success + failures)
    yield Count(scope, "success", success)
    yield Count(scope, "failures", failures)


def _sums(hosts: Iterable[Host], *stats: str) -> list[int]:
    return [sum(host.counts.get(stat, 0) for host in hosts) for stat in stats]

"""Clusters: one for each name that requests ask for, made when the first one does.

Nothing that changes with the endpoints is in a cluster, because an update of it is a new
connection pool. What depends on it comes by EDS, but for hosts that Envoy has to resolve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, assert_never

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2, outlier_detection_pb2
from envoy.config.core.v3 import protocol_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from google.protobuf.duration_pb2 import Duration

from clew.mesh.config.classifier import AllSuccessful
from clew.mesh.config.client import ClientPolicy, HostConnectionPool
from clew.mesh.config.failure_accrual import (
    ConsecutiveFailures,
    FailureAccrual,
    NoFailureAccrual,
    SuccessRate,
    SuccessRateWindowed,
)
from clew.mesh.config.load_balancer import P2C, Aperture, Ewma, Heap, LoadBalancer, RoundRobin
from clew.mesh.config.retries import Backoff, Budget, ConstantBackoff, JitteredBackoff, Retries
from clew.mesh.config.service import ServicePolicy
from clew.mesh.config.sockets import Session
from clew.mesh.config.tls import AutoClientTls, ClientTls
from clew.mesh.naming.path import Path
from clew.mesh.xds.deadlines import attempt_note
from clew.mesh.xds.durations import connect_ms, millis
from clew.mesh.xds.endpoints import AS_FAST, Branch, Speeds, load_assignment, needs_dns
from clew.mesh.xds.errors import OVERRIDE
from clew.mesh.xds.metadata import metadata
from clew.mesh.xds.snapshot import ENDPOINT, Resource, pack
from clew.mesh.xds.sources import ads_source
from clew.mesh.xds.tls import client_tls, refers

_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

UNLIMITED = 1_000_000_000
"""Envoy's circuit breakers open at 1024; Linkerd has none."""
MIN_RETRY_CONCURRENCY = 3
"""Retries that may always be under way, where the budget's share of few requests is none."""
STAT_NAME_BYTES = 256
"""Of a cluster's name in statistics, which keep each name many times."""


def known_cluster(
    name: str,
    override: str,
    parts: Sequence[Branch],
    service: ServicePolicy,
    client: ClientPolicy,
    *,
    binding_timeout_ms: int,
    http2: bool = False,
    speeds: Speeds = AS_FAST,
    tls: Mapping[Path, ClientTls | AutoClientTls] = MappingProxyType({}),
) -> tuple[Resource, ...]:
    """The cluster ``name`` and, by EDS, its endpoints. ``override`` is the request's own dtab.

    ``http2``: the endpoints are spoken to in HTTP/2. ``speeds`` count where latency balances.
    ``tls``: by the id of a branch, where it is not plain text.
    """
    cluster = _cluster(name, {OVERRIDE: override, **attempt_note(client)})
    cluster.MergeFrom(_common(service, client, http2, binding_timeout_ms))
    for id, settings in tls.items():
        cluster.transport_socket_matches.append(_secured(id, settings))
    secrets = tuple(dict.fromkeys(ref for each in tls.values() for ref in refers(each)))
    if needs_dns(parts):
        cluster.type = cluster_pb2.Cluster.STRICT_DNS
        cluster.dns_lookup_family = cluster_pb2.Cluster.V4_PREFERRED
        cluster.load_assignment.CopyFrom(load_assignment(name, parts, secured=bool(tls)))
        return (Resource.of(name, cluster, refers=secrets),)
    cluster.type = cluster_pb2.Cluster.EDS
    cluster.eds_cluster_config.eds_config.CopyFrom(ads_source())
    return (
        Resource.of(name, cluster, refers=((ENDPOINT, name), *secrets)),
        Resource.of(name, load_assignment(name, parts, speeds, secured=bool(tls))),
    )


def empty_cluster(name: str, override: str, notes: Mapping[str, str | float]) -> Resource:
    """A cluster that answers every request at once with what ``notes`` say."""
    cluster = _cluster(name, {OVERRIDE: override, **notes})
    cluster.type = cluster_pb2.Cluster.STATIC
    return Resource.of(name, cluster)


@lru_cache(maxsize=256)
def _common(
    service: ServicePolicy, client: ClientPolicy, http2: bool, binding_timeout_ms: int
) -> Any:
    """What all clusters of the same policies say: with thousands of names, most of the work.

    It is shared, so it is copied from and never changed.
    """
    cluster = cluster_pb2.Cluster(
        connect_timeout=millis(connect_ms(binding_timeout_ms)),
        lb_policy=_lb_policy(client.load_balancer or P2C()),
        circuit_breakers=_limits(
            client.host_connection_pool or HostConnectionPool(), service.retries or Retries()
        ),
        outlier_detection=_outliers(
            client.failure_accrual or ConsecutiveFailures(),
            only_lost=isinstance(service.response_classifier, AllSuccessful),
        ),
    )
    _set_protocol(cluster, http2, client)
    return cluster


def _secured(id: Path, tls: ClientTls | AutoClientTls) -> Any:
    match = cluster_pb2.Cluster.TransportSocketMatch(name=str(id), transport_socket=client_tls(tls))
    match.match["id"] = str(id)
    return match


def _cluster(name: str, notes: Mapping[str, str | float]) -> Any:
    return cluster_pb2.Cluster(
        name=name,
        # statistics split names at dots
        alt_stat_name=name[:STAT_NAME_BYTES].replace(".", "~"),
        common_lb_config=cluster_pb2.Cluster.CommonLbConfig(
            # when no endpoint is usable one is tried all the same, as in Linkerd
            healthy_panic_threshold={"value": 1},
            locality_weighted_lb_config=cluster_pb2.Cluster.CommonLbConfig.LocalityWeightedLbConfig(),
        ),
        metadata=metadata(**notes),
    )


def _lb_policy(balancer: LoadBalancer) -> int:
    match balancer:
        case RoundRobin():
            return int(cluster_pb2.Cluster.ROUND_ROBIN)
        case P2C() | Ewma() | Aperture() | Heap():
            return int(cluster_pb2.Cluster.LEAST_REQUEST)
    assert_never(balancer)


def _limits(pool: HostConnectionPool, retries: Retries) -> Any:
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds
    return circuit_breaker_pb2.CircuitBreakers(
        thresholds=[
            thresholds(
                max_connections={"value": UNLIMITED},
                max_pending_requests={
                    "value": UNLIMITED if pool.max_waiters is None else pool.max_waiters
                },
                max_requests={"value": UNLIMITED},
                retry_budget=_retry_budget(retries.budget),
            )
        ],
        per_host_thresholds=[]
        if pool.max_size is None
        else [thresholds(max_connections={"value": pool.max_size})],
    )


def _retry_budget(budget: Budget) -> Any:
    return circuit_breaker_pb2.CircuitBreakers.Thresholds.RetryBudget(
        budget_percent={"value": min(100.0, budget.percent_can_retry * 100)},
        min_retry_concurrency={"value": min(budget.min_retries_per_sec, MIN_RETRY_CONCURRENCY)},
    )


def _outliers(accrual: FailureAccrual, *, only_lost: bool) -> Any | None:
    """``only_lost``: answers are never failures, whatever their status."""
    detection = outlier_detection_pb2.OutlierDetection(
        interval=millis(500),
        max_ejection_percent={"value": 100},
        enforcing_success_rate={"value": 0},
        enforcing_local_origin_success_rate={"value": 0},
        enforcing_consecutive_gateway_failure={"value": 0},
        split_external_local_origin_errors=only_lost,
    )
    match accrual:
        case NoFailureAccrual():
            return None
        case ConsecutiveFailures(failures=failures):
            detection.consecutive_5xx.value = failures
            detection.enforcing_consecutive_5xx.value = 0 if only_lost else 100
            detection.consecutive_local_origin_failure.value = failures
            detection.enforcing_consecutive_local_origin_failure.value = 100
        case SuccessRate(success_rate=rate, requests=requests):
            _by_rate(detection, rate, requests)
        case SuccessRateWindowed(success_rate=rate, window=seconds):
            detection.interval.CopyFrom(Duration(seconds=seconds))
            _by_rate(detection, rate, 1)
        case _:
            assert_never(accrual)
    least, most = _backoff_ms(accrual.backoff)
    detection.base_ejection_time.CopyFrom(millis(least))
    detection.max_ejection_time.CopyFrom(millis(most))
    return detection


def _by_rate(detection: Any, success_rate: float, requests: int) -> None:
    detection.enforcing_consecutive_5xx.value = 0
    detection.enforcing_consecutive_local_origin_failure.value = 0
    detection.failure_percentage_threshold.value = round(100 * (1 - success_rate))
    detection.enforcing_failure_percentage.value = 100
    detection.failure_percentage_request_volume.value = requests
    detection.failure_percentage_minimum_hosts.value = 1


def _backoff_ms(backoff: Backoff) -> tuple[int, int]:
    match backoff:
        case ConstantBackoff(ms=pause):
            return max(1, pause), max(1, pause)
        case JitteredBackoff(min_ms=least, max_ms=most):
            return max(1, least), max(1, most)
    assert_never(backoff)


def _set_protocol(cluster: Any, http2: bool, client: ClientPolicy) -> None:
    """Nothing for what Envoy does by itself."""
    session = client.client_session or Session()
    pool = client.host_connection_pool or HostConnectionPool()
    idle = min((ms for ms in (session.idle_time_ms, pool.idle_time_ms) if ms), default=None)
    if idle is None and session.life_time_ms is None and not http2:
        return
    explicit = http_protocol_options_pb2.HttpProtocolOptions.ExplicitHttpConfig
    options = http_protocol_options_pb2.HttpProtocolOptions(
        explicit_http_config=explicit(http2_protocol_options=_http2(client))
        if http2
        else explicit(http_protocol_options=protocol_pb2.Http1ProtocolOptions())
    )
    common = options.common_http_protocol_options
    if idle is not None:
        common.idle_timeout.CopyFrom(millis(idle))
    if session.life_time_ms is not None:
        common.max_connection_duration.CopyFrom(millis(session.life_time_ms))
    if client.max_header_list_bytes is not None:
        common.max_response_headers_kb.value = -(-client.max_header_list_bytes // 1024)
    cluster.typed_extension_protocol_options[_HTTP_OPTIONS].CopyFrom(pack(options))


def _http2(client: ClientPolicy) -> Any:
    options = protocol_pb2.Http2ProtocolOptions(
        max_concurrent_streams={"value": client.max_concurrent_streams_per_connection or 1000},
        initial_stream_window_size={"value": client.initial_stream_window_bytes or 65_536},
    )
    if client.header_table_bytes is not None:
        options.hpack_table_size.value = client.header_table_bytes
    return options

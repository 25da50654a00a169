"""What a real Envoy told after some requests, and what Linkerd would have said.

golden/statistics.json and golden/clusters.json are dumps of an Envoy with two listeners:
12 requests to hello, of which 6 got a 404; 1 to hello that got a 503 twice; 20 to world, split;
3 to world with an override that leads to world-v2; 2 to a name with dots where nothing listens;
1 to a name without endpoints; 4 to the other listener.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from clew.mesh.config.linker import read_linker
from clew.mesh.serve.exposition import metrics_json, prometheus_text
from clew.mesh.serve.histogram import Bucket, Histogram
from clew.mesh.serve.metrics import (
    Count,
    Distribution,
    Metric,
    Scope,
    ServerName,
    linkerd_metrics,
    server_names,
)
from clew.mesh.serve.readings import read_clusters, read_statistics

GOLDEN = Path(__file__).parent / "golden"
SERVERS = {
    "outgoing/0": ServerName("outgoing", "0.0.0.0/4140"),
    "incoming/0": ServerName("incoming", "0.0.0.0/4141"),
}


@pytest.fixture(scope="module")
def metrics() -> list[Metric]:
    statistics = read_statistics((GOLDEN / "statistics.json").read_bytes())
    clusters = read_clusters((GOLDEN / "clusters.json").read_bytes())
    return linkerd_metrics(statistics, statistics.histograms, clusters, SERVERS)


def test_golden(metrics: list[Metric]) -> None:
    assert prometheus_text(metrics) == (GOLDEN / "expected.prom").read_text(encoding="utf-8")


def test_prometheus_reads_the_text(metrics: list[Metric]) -> None:
    samples = [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(prometheus_text(metrics))
        for sample in family.samples
    ]
    wanted = {"rt": "outgoing", "server": "0.0.0.0/4140"}
    assert ("rt:server:requests", wanted, 39) in samples
    assert ("rt:server:request_latency_ms_count", wanted, 39) in samples
    assert ("rt:server:request_latency_ms", {**wanted, "quantile": "1"}, 45) in samples


CLIENT = "%/io.l5d.port/4141/#/io.l5d.fs"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("rt/outgoing/server/0.0.0.0/4140/requests", 39, id="a server has them all"),
        pytest.param("rt/outgoing/service/svc/hello/requests", 13, id="a retry is no request"),
        pytest.param("rt/outgoing/service/svc/hello/retries/total", 1, id="it is a retry"),
        pytest.param(
            f"rt/outgoing/client/{CLIENT}/hello/requests", 14, id="and a client's request"
        ),
        pytest.param("rt/outgoing/service/svc/hello/success", 12, id="a 404 is a success"),
        pytest.param(
            "rt/outgoing/service/svc/world/requests", 23, id="overrides count for the name"
        ),
        pytest.param(
            f"rt/outgoing/client/{CLIENT}/world-v1/requests", 18, id="a split is told apart"
        ),
        pytest.param(
            f"rt/outgoing/client/{CLIENT}/world-v2/requests", 5, id="over all its clusters"
        ),
        pytest.param(
            f"rt/outgoing/client/{CLIENT}/world-v2/loadbalancer/size",
            1,
            id="an endpoint of two clusters is one",
        ),
        pytest.param("rt/outgoing/service/svc/api.example.com/requests", 2, id="dots survive"),
        pytest.param(
            "rt/outgoing/client/#/io.l5d.fs/web/failures", 4, id="what never connected has failed"
        ),
        pytest.param("rt/outgoing/client/#/io.l5d.fs/web/loadbalancer/available", 0, id="ejected"),
        pytest.param("rt/outgoing/service/svc/nope/failures", 1, id="no endpoints is a failure"),
    ],
)
def test_what_linkerd_would_count(metrics: list[Metric], key: str, value: int) -> None:
    assert metrics_json(metrics)[key] == value


def test_a_client_that_shares_its_clusters_has_no_latency_that_may_be_anothers(
    metrics: list[Metric],
) -> None:
    known = metrics_json(metrics)
    assert f"rt/outgoing/client/{CLIENT}/hello/request_latency_ms.p99" in known
    assert f"rt/outgoing/client/{CLIENT}/world-v2/request_latency_ms.p99" not in known
    assert f"rt/outgoing/client/{CLIENT}/world-v2/status/200" not in known


def test_every_scope_adds_up(metrics: list[Metric]) -> None:
    counts = {(m.scope, m.name): m.value for m in metrics if isinstance(m, Count)}
    scopes = {scope for scope, _ in counts}
    assert len(scopes) == 2 + 5 + 5 + 5  # servers, services, clients, clients within a service
    for scope in scopes:
        told = [counts[scope, name] for name in ("requests", "success", "failures")]
        assert told[0] == told[1] + told[2]


def test_servers_are_known_by_what_envoy_calls_them() -> None:
    text = (
        "routers:\n"
        "- {protocol: http, label: a.b, servers: [{port: 1}, {port: 2, ip: 0.0.0.0}]}\n"
        "- {protocol: http, label: c, servers: [{port: 3}]}\n"
    )
    assert server_names(read_linker(text, "l5d.yaml")) == {
        "a~b/0": ServerName("a.b", "127.0.0.1/1"),
        "a~b/1": ServerName("a.b", "0.0.0.0/2"),
        "c/0": ServerName("c", "127.0.0.1/3"),
    }


SCOPE = Scope((("rt", 'a"b'), ("server", "0.0.0.0/4140")))
LATENCY = Distribution(
    SCOPE, "latency", total=Histogram({Bucket(1, 0): 7}), recent=Histogram({Bucket(1, 1): 2})
)


def test_the_text_escapes_labels_and_carries_the_prefix() -> None:
    assert prometheus_text([Count(SCOPE, "status/2XX", 3)], prefix="l5d_") == (
        'l5d_rt:server:status:2XX{rt="a\\"b", server="0.0.0.0/4140"} 3\n'
    )


def test_quantiles_are_of_the_last_minute_and_counts_of_the_whole_life() -> None:
    lines = prometheus_text([LATENCY]).splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == [
        *("1", "1.5", "1.9", "1.95", "1.99", "1.999", "2", "2"),
        *("1.5", "7", "7"),
    ]


def test_a_quiet_minute_has_no_quantiles() -> None:
    quiet = replace(LATENCY, recent=Histogram())
    assert [line.partition("{")[0] for line in prometheus_text([quiet]).splitlines()] == [
        "rt:server:latency_count",
        "rt:server:latency_sum",
    ]
    assert metrics_json([quiet]) == {}

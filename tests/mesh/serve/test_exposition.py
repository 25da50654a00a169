from __future__ import annotations

from clew.mesh.serve.exposition import influx_lines, metrics_json, tree
from clew.mesh.serve.histogram import Bucket, Histogram
from clew.mesh.serve.metrics import Count, Distribution, Metric, Scope

CLIENT = Scope((("rt", "out"), ("client", "/a b,c=d")))
LATENCY = Histogram({Bucket(10.0, 1.0): 2})
METRICS: list[Metric] = [
    Count(CLIENT, "requests", 2),
    Count(CLIENT, "status/200", 2),
    Distribution(CLIENT, "latency_ms", LATENCY, LATENCY),
    Count(Scope((("rt", "in"),)), "requests", 1),
]


def test_influxdb_gets_one_line_a_scope_with_its_special_characters_escaped() -> None:
    first, second = influx_lines(METRICS, "h").splitlines()
    head, _, fields = first.partition(" requests=2,")
    assert head == r"rt:client,client=/a\ b\,c\=d,host=h,rt=out"
    values = dict(field.split("=") for field in fields.split(","))
    assert values["status:200"] == "2"
    assert values["latency_ms_count"] == "2"
    assert second == "rt,host=h,rt=in requests=1"


def test_the_tree_nests_at_slashes_and_keeps_statistics_together() -> None:
    nested = tree(metrics_json(METRICS))["rt"]["out"]["client"][""]["a b,c=d"]
    assert nested["status"] == {"200": {"counter": 2}}
    assert nested["latency_ms"]["stat.count"] == 2
    assert "stat.p9990" in nested["latency_ms"]

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.serve.histogram import Bucket, Histogram
from clew.mesh.serve.metrics import Count, Distribution, Metric, Scope
from clew.mesh.serve.statsd import Reports, packets

SERVICE = Scope((("rt", "out"), ("service", "svc/a.b")))
NAME = "linkerd.rt.out.service.svc_a_b"


def told(*reports: list[Metric], prefix: str = "linkerd") -> list[list[str]]:
    memory = Reports(prefix)
    return [memory.next(report) for report in reports]


def count(value: int, name: str = "requests") -> list[Metric]:
    return [Count(SERVICE, name, value)]


def latencies(**counts: int) -> list[Metric]:
    buckets = {Bucket(float(at[1:]), 1.0): count for at, count in counts.items()}
    return [Distribution(SERVICE, "request_latency_ms", Histogram(buckets), Histogram())]


def test_counters_are_told_as_what_was_added() -> None:
    assert told(count(3), count(3), count(5)) == [
        [f"{NAME}.requests:3|c"],
        [],
        [f"{NAME}.requests:2|c"],
    ]


def test_a_counter_that_began_anew_is_told_as_a_whole() -> None:
    assert told(count(9), count(4))[1] == [f"{NAME}.requests:4|c"]


def test_what_also_falls_is_told_each_time() -> None:
    gauge = count(2, "loadbalancer/size")
    assert told(gauge, gauge) == [[f"{NAME}.loadbalancer.size:2|g"]] * 2


def test_values_of_a_bucket_are_told_once_as_a_sample_of_as_many() -> None:
    latency = f"{NAME}.request_latency_ms"
    assert told(latencies(_10=4), latencies(_10=5, _20=2)) == [
        [f"{latency}:10.5|ms|@0.25"],
        [f"{latency}:10.5|ms", f"{latency}:20.5|ms|@0.5"],
    ]


def test_without_a_prefix_a_name_begins_with_what_it_is() -> None:
    assert told(count(1), prefix="")[0] == [f"{NAME.removeprefix('linkerd.')}.requests:1|c"]


@given(st.lists(st.text("ab", max_size=12).filter(bool)))
def test_datagrams_hold_all_lines_in_order_and_none_is_too_long(lines: list[str]) -> None:
    sent = list(packets(lines, size=10))
    assert all(len(packet) <= 10 for packet in sent)
    assert b"\n".join(sent).decode().split("\n") == ([s for s in lines if len(s) <= 10] or [""])

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from prometheus_client import CollectorRegistry

from clew.metrics import exposition
from clew.trace.collect.counts import NO_ROOM, REFUSED_BY_STORE, SAMPLED_OUT, Counts


class CountsMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order, the counts add up."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counts("http")
        self.waiting: list[tuple[str, int]] = []

    @rule(
        transport=st.sampled_from(["http", "grpc"]),
        kept=st.integers(0, 9),
        sampled_out=st.integers(0, 9),
    )
    def accept(self, transport: str, kept: int, sampled_out: int) -> None:
        self.counts.accepted(transport, kept, sampled_out)
        self.waiting.append((transport, kept))

    @rule(transport=st.sampled_from(["http", "grpc"]), spans=st.integers(1, 9))
    def leave_out(self, transport: str, spans: int) -> None:
        self.counts.left_out(transport, spans, NO_ROOM)

    @rule()
    def store(self) -> None:
        if self.waiting:
            self.counts.stored(self.waiting.pop(0)[1])

    @rule()
    def refuse(self) -> None:
        if self.waiting:
            self.counts.dropped(dict([self.waiting.pop(0)]), REFUSED_BY_STORE)

    @invariant()
    def accepted_is_stored_and_dropped_and_waiting(self) -> None:
        totals = self.counts.totals()
        assert totals.balanced
        assert totals.waiting == sum(kept for _, kept in self.waiting)


CountsMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20)
TestCountsAddUp = CountsMachine.TestCase


def counted() -> Counts:
    counts = Counts("http", "grpc")
    counts.message("http")
    counts.message_bytes("http", 100)
    counts.accepted("http", 3, 2)
    counts.stored(1)
    counts.dropped({"http": 1}, REFUSED_BY_STORE)
    counts.message("http")
    counts.message_refused("http", "full")
    counts.message("grpc")
    counts.message_dropped("grpc")
    counts.malformed_request()
    return counts


def test_the_totals_say_where_every_span_is() -> None:
    totals = counted().totals()
    assert (totals.accepted, totals.stored, totals.waiting) == (5, 1, 1)
    assert totals.dropped == {SAMPLED_OUT: 2, REFUSED_BY_STORE: 1}


def test_metrics_has_zipkins_names_with_zeros_from_the_start() -> None:
    names = [
        f"{name}.{transport}"
        for name in (
            "counter.zipkin_collector.messages",
            "counter.zipkin_collector.messages_dropped",
            "counter.zipkin_collector.bytes",
            "counter.zipkin_collector.spans",
            "counter.zipkin_collector.spans_dropped",
            "gauge.zipkin_collector.message_spans",
            "gauge.zipkin_collector.message_bytes",
        )
        for transport in ("http", "grpc")
    ]
    assert Counts("http", "grpc").as_zipkin() == dict.fromkeys(names, 0)


def test_prometheus_has_zipkins_names_and_ours() -> None:
    registry = CollectorRegistry()
    registry.register(counted())
    samples: dict[str, Any] = {}
    for line in exposition(registry).decode().splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
    assert {name: value for name, value in samples.items() if "grpc" not in name} == {
        'zipkin_collector_messages_total{transport="http"}': 2,
        'zipkin_collector_messages_dropped_total{transport="http"}': 1,
        'zipkin_collector_bytes_total{transport="http"}': 100,
        'zipkin_collector_spans_total{transport="http"}': 5,
        'zipkin_collector_spans_dropped_total{transport="http"}': 3,
        'zipkin_collector_message_spans{transport="http"}': 5,
        'zipkin_collector_message_bytes{transport="http"}': 100,
        'clew_spans_dropped_total{reason="sampled out"}': 2,
        'clew_spans_dropped_total{reason="refused by the store"}': 1,
        'clew_messages_refused_total{reason="full"}': 1,
        "clew_malformed_requests_total": 1,
        "clew_spans_accepted_total": 5,
        "clew_spans_stored_total": 1,
        "clew_spans_waiting": 1,
    }
    assert samples['zipkin_collector_messages_dropped_total{transport="grpc"}'] == 1

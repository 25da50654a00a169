from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from clew.mesh.relay.backlog import Backlog, BacklogMetrics, Batch, Dropped


def new_backlog(max_bytes: int = 100) -> tuple[Backlog, CollectorRegistry]:
    registry = CollectorRegistry()
    return Backlog("zipkin:9411", BacklogMetrics(registry), max_bytes=max_bytes), registry


def counts(registry: CollectorRegistry) -> dict[str, float]:
    """Non-zero samples over all telemeters, by the last word of the name; drops by their reason."""
    found: dict[str, float] = {}
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.value and not sample.name.endswith("_created"):
                word = sample.name.removeprefix("clew_relay_spans_").removesuffix("_total")
                key = sample.labels.get("reason", word)
                found[key] = found.get(key, 0) + sample.value
    return found


def batch(size: int, spans: int = 1, taken_at: float = 0.0) -> Batch:
    return Batch(b"x" * size, spans, taken_at)


def test_the_oldest_spans_leave_first() -> None:
    backlog, registry = new_backlog()
    for spans in (1, 2, 4):
        backlog.offer(batch(10, spans))
    backlog.exported(1)
    assert backlog.drop(1, Dropped.REFUSED) == 2
    assert len(backlog) == 1
    assert counts(registry) == {"received": 7, "exported": 1, "refused": 2, "waiting": 4}


@pytest.mark.parametrize(
    ("max_bytes", "sizes"),
    [(30, [10, 20]), (29, [10]), (1000, [10, 20, 30]), (0, [10])],
    ids=["as many as fit", "not one byte more", "all", "at least one"],
)
def test_the_head_is_what_one_post_can_carry(max_bytes: int, sizes: list[int]) -> None:
    backlog, _ = new_backlog()
    for size in (10, 20, 30):
        backlog.offer(batch(size))
    assert [len(found.body) for found in backlog.head(max_bytes)] == sizes


def test_nothing_waits_nothing_is_the_head() -> None:
    assert new_backlog()[0].head(100) == []


def test_a_full_backlog_drops_what_comes_and_keeps_what_it_has() -> None:
    backlog, registry = new_backlog(max_bytes=100)
    assert backlog.offer(batch(60, 3))
    assert not backlog.offer(batch(41, 5))
    assert backlog.offer(batch(40, 1))
    assert counts(registry) == {"received": 9, "full": 5, "waiting": 4}
    backlog.exported(2)
    assert backlog.offer(batch(100)), "room is given back"


def test_what_is_too_old_is_dropped() -> None:
    backlog, registry = new_backlog()
    for taken_at in (1.0, 2.0, 3.0):
        backlog.offer(batch(1, 1, taken_at))
    assert backlog.drop_older_than(3.0) == 2
    assert counts(registry) == {"received": 3, "expired": 2, "waiting": 1}


operations = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(1, 60), st.integers(1, 9)),
        st.tuples(st.sampled_from(["exported", "drop", "expire"]), st.integers(0, 3), st.just(0)),
    ),
    max_size=40,
)


@given(operations)
def test_received_is_exported_and_dropped_and_waiting_at_every_moment(
    steps: list[tuple[str, int, int]],
) -> None:
    backlog, registry = new_backlog()
    for moment, (step, number, spans) in enumerate(steps):
        match step:
            case "offer":
                backlog.offer(batch(number, spans, moment))
            case "exported":
                backlog.exported(min(number, len(backlog)))
            case "drop":
                backlog.drop(min(number, len(backlog)), Dropped.REFUSED)
            case "expire":
                backlog.drop_older_than(moment - 5 * number)
        found = counts(registry)
        received = found.pop("received", 0)
        assert received == sum(found.values())
        assert sum(len(b.body) for b in backlog.head(10**9)) <= 100

"""That the oldest traces go whole, and nothing tells of them any more."""

from __future__ import annotations

import pytest
from tests.cast import CLIENT_SPAN, NOON, changed
from tests.contract.base import NewStore, accept

from clew.span.model import Endpoint, Micros, Span
from clew.trace.store.clickhouse import ClickHouseStore

FIRST = CLIENT_SPAN.timestamp or Micros(0)


def trace(number: int, spans: int, after_ms: int | None) -> list[Span]:
    """A trace of its own service that begins ``after_ms`` after noon; None: nobody knows when."""
    return [
        changed(
            CLIENT_SPAN,
            trace_id=f"{number:016x}",
            id=f"{number * 100 + one:016x}",
            parent_id=None,
            name=f"operation-{number}",
            local_endpoint=Endpoint(service_name=f"service-{number}"),
            timestamp=None if after_ms is None else Micros(FIRST + 1000 * (after_ms + one)),
        )
        for one in range(spans)
    ]


@pytest.mark.parametrize(
    ("max_spans", "left"),
    [
        pytest.param(10, [1, 2, 3], id="all fit"),
        pytest.param(9, [1, 2, 3], id="they just fit"),
        pytest.param(8, [1, 3], id="the oldest goes whole though one span would do"),
        pytest.param(5, [1, 3], id="as many as must"),
        pytest.param(4, [3], id="by the first span of each"),
        pytest.param(0, [], id="all"),
    ],
)
def test_the_oldest_traces_are_forgotten_whole(
    new_store: NewStore, max_spans: int, left: list[int]
) -> None:
    store = new_store()
    assert isinstance(store, ClickHouseStore)
    given = {1: trace(1, 3, 50), 2: trace(2, 4, 0), 3: trace(3, 2, 100)}
    accept(store, *given[1], *given[2], *given[3])

    gone = store.evict(max_spans)

    assert gone == sum(len(spans) for number, spans in given.items() if number not in left)
    assert [number for number in given if store.trace(f"{number:016x}")] == left
    assert store.services() == [f"service-{number}" for number in left]
    assert store.span_names("service-1") == (["operation-1"] if 1 in left else [])
    assert store.evict(max_spans) == 0


def test_a_trace_without_a_time_goes_first(new_store: NewStore) -> None:
    store = new_store()
    assert isinstance(store, ClickHouseStore)
    accept(store, *trace(1, 1, 0), *trace(2, 1, None))
    assert store.evict(1) == 1
    assert store.services() == ["service-1"]


def test_what_is_forgotten_may_come_again(new_store: NewStore) -> None:
    store = new_store()
    assert isinstance(store, ClickHouseStore)
    accept(store, *trace(1, 1, 0))
    store.evict(0)
    accept(store, *trace(1, 1, 0))
    assert store.services() == ["service-1"]
    assert len(store.trace(f"{1:016x}")) == 1
    assert store.dependencies(NOON, 86_400_000) == []

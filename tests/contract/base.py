"""What every suite of the store contract uses: a new store, spans in, a search with defaults."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Protocol

import pytest
from tests.cast import DAY, NOON, TODAY, by_id

from clew.span.model import Span
from clew.trace.collect import columns
from clew.trace.query import TraceQuery
from clew.trace.store import SpanStore


class NewStore(Protocol):
    """Makes an empty store; a store that it made before is no longer used."""

    def __call__(
        self, *, strict_trace_id: bool = True, autocomplete_keys: Iterable[str] = ()
    ) -> SpanStore: ...


@pytest.fixture
def store(new_store: NewStore) -> SpanStore:
    return new_store()


def accept(store: SpanStore, *spans: Span) -> None:
    """Store ``spans`` as one batch that arrived at noon of the day."""
    store.insert(columns.table(spans, NOON), str(uuid.uuid4()))


def found(store: SpanStore, **conditions: Any) -> list[list[Span]]:
    """The traces that meet ``conditions`` in today and yesterday, spans in a fixed order."""
    defaults = {"end_ts_ms": TODAY + DAY, "lookback_ms": 2 * DAY, "limit": 100}
    return [by_id(trace) for trace in store.search(TraceQuery(**(defaults | conditions))).traces]


def ids(store: SpanStore, **conditions: Any) -> list[str]:
    """The trace ids that meet ``conditions``, without leading zeros, sorted."""
    return sorted({trace[0].trace_id.lstrip("0") for trace in found(store, **conditions)})

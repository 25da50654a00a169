"""The span store: what it promises. :mod:`clew.trace.store.clickhouse` keeps the promise.

Spans enter as Arrow tables of :data:`SPAN_SCHEMA`, one row a span, and leave as
:class:`~clew.span.model.Span` values, exactly as they were reported: merging, clock correction and
trees are the reader's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import pyarrow as pa

from clew.errors import ClewError
from clew.span.model import Span
from clew.trace.dependencies import DependencyLink
from clew.trace.query import Place, TraceQuery


def _list_of(item: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("item", item, nullable=False))


def _required(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in types.items()])


SPAN_SCHEMA = _required(
    trace_hi=pa.uint64(),  # high half of a 128-bit trace id; 0 when the id has 16 characters
    trace_lo=pa.uint64(),
    id=pa.uint64(),
    parent_id=pa.uint64(),  # 0: none
    kind=pa.int8(),  # 0: none, then the order of clew.span.model.Kind
    name=pa.string(),  # '': unknown, as in every text below
    ts=pa.int64(),  # epoch microseconds; 0: unknown
    duration=pa.uint64(),  # microseconds; 0: unknown
    service=pa.string(),
    ipv4=pa.string(),
    ipv6=pa.string(),
    port=pa.uint16(),  # 0: unknown
    remote_service=pa.string(),
    remote_ipv4=pa.string(),
    remote_ipv6=pa.string(),
    remote_port=pa.uint16(),
    ann_ts=_list_of(pa.int64()),
    ann_value=_list_of(pa.string()),  # as long as ann_ts, in the same order
    tags=pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False)),
    debug=pa.bool_(),
    shared=pa.bool_(),
    bucket=pa.uint32(),  # minute since the epoch under which the span is filed: see collect.columns
)
"""The columns of a span as the store takes them. Nothing is null: absence is an empty value."""


class StoreUnavailable(ClewError):
    """The store cannot take or answer this now; the same call may succeed later."""


class StoreMisconfigured(StoreUnavailable):
    """The store will not take or answer anything before someone changes something."""


class StoreRefused(Exception):
    """These rows will never be stored, however often they are tried: the message says why."""


class QueryTimeout(ClewError):
    """A read took longer than it may, or more memory than it may. Narrow it, or allow more."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the store answers. ``error`` says why not; empty when it does."""

    name: str
    """What the store is, for people: engine and version."""
    error: str = ""

    @property
    def up(self) -> bool:
        """True when the store answers."""
        return not self.error


class ServiceSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the palette of marks, given once to a service and never to another."""

    service: str
    """What the place was given to: an alias, with its distinguishing segment if it needs one."""
    slot: int
    """0, 1, 2 … in the order in which services were first seen."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search answers."""

    traces: list[list[Span]]
    """Whole traces, in the order of the query."""
    last: Place | None = None
    """Where the last of them stands, when there may be more; None when there are none."""


class SpanStore(Protocol):
    """Durable spans and the questions Zipkin asks of them. Any thread may call any method.

    An unknown service, id or key is no error: the answer is empty. Names are given and answered in
    lower case. Reads raise :class:`QueryTimeout` or :class:`StoreUnavailable`, never anything else.
    """

    def insert(self, table: pa.Table, token: str) -> None:
        """Store every row of ``table`` (of SPAN_SCHEMA); they are durable and visible on return.

        The same ``token`` again adds nothing, also after a restart, as long as it is among the last
        thousand. Raises StoreUnavailable when the same call should be tried again later; then all
        rows or none may be stored, and trying again with the same token makes it all. Raises
        StoreRefused when trying again is useless.
        """
        ...

    def services(self) -> list[str]:
        """Local service names, sorted. A service seen only as the remote side is not among them."""
        ...

    def span_names(self, service: str) -> list[str]:
        """Names of spans that ``service`` recorded, sorted."""
        ...

    def remote_services(self, service: str) -> list[str]:
        """Remote service names in spans that ``service`` recorded, sorted."""
        ...

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace by start time; exactly equal spans once; empty when unknown.

        ``trace_id`` has 16 or 32 characters. With strict ids it is compared whole, otherwise by its
        last 16 characters, and then the answer may hold ids of both lengths.
        """
        ...

    def traces(self, ids: Sequence[str]) -> list[list[Span]]:
        """:meth:`trace` of each distinct id that has spans, in the order of ``ids``."""
        ...

    def search(self, query: TraceQuery) -> Found:
        """Traces that match, in the order of ``query.sort``, at most ``query.limit``."""
        ...

    def dependencies(self, end_ts_ms: int, lookback_ms: int) -> list[DependencyLink]:
        """Who calls whom in traces with any span in [end - lookback, end], both ends included.

        Such a trace is linked as a whole. Sorted by parent, then child.
        """
        ...

    def autocomplete_values(self, key: str) -> list[str]:
        """Distinct values of tag ``key``, sorted; empty unless the store was told to keep them."""
        ...

    def service_slots(self, services: Sequence[str]) -> list[ServiceSlot]:
        """The slot of each service, in the order given; a new one gets the next free slot."""
        ...

    def health(self) -> Health:
        """Ask the engine a trivial question. Never raises."""
        ...

    def close(self) -> None:
        """Let go of the store, so that another process may open it. Calls after it are errors."""
        ...

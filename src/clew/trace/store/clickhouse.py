"""The span store on ClickHouse SQL, by whichever engine."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pyarrow as pa

from clew.errors import ClewError
from clew.span.model import Span
from clew.trace.dependencies import DependencyLink
from clew.trace.query import Place, TraceQuery, trace_time
from clew.trace.store import SPAN_SCHEMA, Found, Health, QueryTimeout, ServiceSlot, rows, sql
from clew.trace.store.engine import NARROW, Engine, Pool, Session, literal
from clew.trace.store.eviction import evict
from clew.trace.store.links import Links
from clew.trace.store.retention import Retention, expired
from clew.trace.store.search import BEFORE_ALL, Step, conditions, displaced, steps
from clew.trace.store.settler import Settler

_BY_DAY = ("spans", "trace_time", "displaced", "names", "red_minute", "tag_values", "links")
"""The tables that are partitioned by day."""
_MOST_MINUTES = 4096
"""How many (minute, trace) pairs a statement lists before it asks for ranges of minutes."""

_PAGE = 200
"""How many traces a search reads at once."""


class ClickHouseStore:
    """A :class:`~clew.trace.store.SpanStore`; closing it closes its engine."""

    def __init__(
        self,
        engine: Engine,
        *,
        database: str = "clew",
        strict_trace_id: bool = True,
        autocomplete_keys: Sequence[str] = (),
        query_timeout: int = 11,
        query_memory: int = 1 << 30,
        readers: int = 4,
    ) -> None:
        """``query_timeout`` in seconds, 0 for none; ``query_memory`` in bytes, each query."""
        self._engine = engine
        self._strict = strict_trace_id
        self._query_timeout = query_timeout
        self._autocomplete_keys = frozenset(autocomplete_keys)
        self._database = database
        self._writer = Pool(engine, 1, {}, database)
        _define(engine, database, autocomplete_keys)
        self._slots: dict[str, int] = {}
        self._giving_slots = threading.Lock()
        limits = {"max_execution_time": query_timeout, "max_memory_usage": query_memory}
        self._readers = Pool(engine, readers, limits, database)
        # of its own, so that slow questions do not make the store look dead
        self._pulse = Pool(engine, 1, limits, database)
        # not limited in time: nobody waits for it
        self._settling = Pool(engine, 1, {"max_memory_usage": query_memory}, database)
        self._settler: Settler | None = None
        self.links = Links(self._readers, self._settling)
        """Who calls whom."""

    def insert(self, table: pa.Table, token: str) -> None:
        """See :class:`~clew.trace.store.SpanStore`."""
        statement = sql.query(
            "insert_spans", columns=", ".join(SPAN_SCHEMA.names), token=literal(token)
        )
        with self._writer.session() as session:
            session.insert(statement, table.combine_chunks())

    def services(self) -> list[str]:
        """See :class:`~clew.trace.store.SpanStore`."""
        return self._answers("services")

    def span_names(self, service: str) -> list[str]:
        """See :class:`~clew.trace.store.SpanStore`."""
        return self._answers("span_names", service=service.lower())

    def remote_services(self, service: str) -> list[str]:
        """See :class:`~clew.trace.store.SpanStore`."""
        return self._answers("remote_services", service=service.lower())

    def autocomplete_values(self, key: str) -> list[str]:
        """See :class:`~clew.trace.store.SpanStore`."""
        return (
            self._answers("autocomplete_values", key=key) if key in self._autocomplete_keys else []
        )

    def trace(self, trace_id: str) -> list[Span]:
        """See :class:`~clew.trace.store.SpanStore`."""
        return next(iter(self.traces([trace_id])), [])

    def traces(self, ids: Sequence[str]) -> list[list[Span]]:
        """See :class:`~clew.trace.store.SpanStore`."""
        with self._readers.session() as session:
            return self._traces(session, ids)

    def search(self, query: TraceQuery) -> Found:
        """See :class:`~clew.trace.store.SpanStore`."""
        found: list[list[Span]] = []
        with self._readers.session() as session:
            for place, trace in self._matching(session, query):
                found.append(trace)
                if len(found) == query.limit:
                    return Found(traces=found, last=place)
        return Found(traces=found)

    def dependencies(self, end_ts_ms: int, lookback_ms: int) -> list[DependencyLink]:
        """See :class:`~clew.trace.store.SpanStore`."""
        # a span counts by the millisecond in which it starts
        window = Step.within((end_ts_ms - lookback_ms) * 1000, end_ts_ms * 1000 + 999)
        return self.links.within(window, self._deadline())

    def keep_settled(self) -> None:
        """From now on, link hours when they are over, so that dependencies need not."""
        self._settler = Settler(self.links)

    def service_slots(self, services: Sequence[str]) -> list[ServiceSlot]:
        """See :class:`~clew.trace.store.SpanStore`."""
        with self._giving_slots:
            if not self._slots.keys() >= set(services):
                with self._writer.session() as session:
                    self._slots = _with_slots(session, services)
            return [ServiceSlot(service=service, slot=self._slots[service]) for service in services]

    def retain(self, keep: Retention, today: date) -> list[date]:
        """Drop the days that ``keep`` no longer allows; answers which."""
        with self._writer.session() as session:
            days = expired(self._sizes(session), today, keep)
        layout = self._engine.layout
        self._engine.define(
            *(
                f"ALTER TABLE {table}{layout.local} {layout.on} DROP PARTITION '{day}'"
                for day in days
                for table in _BY_DAY
            ),
            database=self._database,
        )
        return days

    def evict(self, max_spans: int) -> int:
        """Forget the oldest traces beyond ``max_spans`` spans; answers how many spans went."""
        with self._writer.session() as session:
            return evict(session, max_spans)

    def sizes(self) -> dict[date, int]:
        """Bytes on disk by day (UTC), oldest first: what there is to keep or drop."""
        with self._readers.session() as session:
            return self._sizes(session)

    def health(self) -> Health:
        """See :class:`~clew.trace.store.SpanStore`."""
        try:
            with self._pulse.session() as session:
                session.read("SELECT 1")
        except ClewError as error:
            return Health(name=self._engine.name, error=str(error))
        return Health(name=self._engine.name)

    def close(self) -> None:
        """See :class:`~clew.trace.store.SpanStore`."""
        self.release()
        self._engine.close()

    def release(self) -> None:
        """Close this store but not the engine, which may serve others."""
        if self._settler:
            self._settler.stop()
        for pool in (self._pulse, self._settling, self._readers, self._writer):
            pool.close()

    def _answers(self, query: str, **parameters: str) -> list[str]:
        with self._readers.session() as session:
            return rows.texts(session.read(sql.query(query), parameters), "answer")

    def _sizes(self, session: Session) -> dict[date, int]:
        statement = sql.query(
            "days", parts=self._engine.layout.parts, database=literal(self._database)
        )
        days = session.read(statement)
        texts = map(date.fromisoformat, rows.texts(days, "day"))
        return dict(zip(texts, rows.numbers(days, "bytes"), strict=True))

    def _matching(self, session: Session, query: TraceQuery) -> Iterator[tuple[Place, list[Span]]]:
        """Every trace that matches and where it stands, in order."""
        check = self._deadline()
        elsewhere = displaced(session, Step.within(*query.window).spans)
        for step in steps(query):
            minutes = step.spans.filed(elsewhere)
            for places in self._candidates(session, query, step, minutes):
                check()
                by_key = {
                    self._key(rows.trace_id(place.trace_hi, place.trace_lo)): place
                    for place in places
                }
                for trace in self._traces(session, list(by_key)):
                    if step.holds(trace_time(trace)) and query.matches(trace):
                        yield by_key[self._key(trace[0].trace_id)], trace

    def _candidates(
        self, session: Session, query: TraceQuery, step: Step, minutes: str
    ) -> Iterator[list[Place]]:
        """Pages of the places of traces that may match, in order."""
        needed, parameters = conditions(
            query,
            lambda condition: sql.query(
                "met",
                trace="(trace_hi, trace_lo)" if self._strict else "trace_lo",
                minutes=minutes,
                condition=condition,
            ),
        )
        size = min(query.limit, _PAGE)
        after = query.after or BEFORE_ALL
        while True:
            statement = sql.query(
                "candidates",
                high="trace_hi" if self._strict else "toUInt64(0)",
                rank=sql.query(f"rank_{query.sort.value}"),
                minutes=minutes,
                conditions=needed,
                oldest=str(step.oldest),
                newest=str(step.newest),
                after=str(tuple(after)),
                limit=str(size),
            )
            page = session.read(statement, parameters)
            columns = (rows.numbers(page, name) for name in ("rank", "time", "hi", "trace_lo"))
            places = [Place(*key) for key in zip(*columns, strict=True)]
            yield places
            if len(places) < size:
                return
            after = places[-1]

    def _deadline(self) -> Callable[[], None]:
        """What raises QueryTimeout once several statements took as long as one may."""
        end = time.monotonic() + self._query_timeout if self._query_timeout else math.inf

        def check() -> None:
            if time.monotonic() > end:
                raise QueryTimeout("the query took longer than it may", NARROW)

        return check

    def _key(self, trace_id: str) -> str:
        """What makes two spans belong to one trace."""
        return trace_id if self._strict else trace_id[-16:]

    def _traces(self, session: Session, ids: Sequence[str]) -> list[list[Span]]:
        found: dict[str, list[Span]] = {self._key(trace_id): [] for trace_id in ids}
        if which := _which(session, {int(key[-16:], 16) for key in found}):
            statement = sql.query("spans", columns=rows.COLUMNS, which=which)
            for span in rows.spans(session.read(statement)):
                if (trace := found.get(self._key(span.trace_id))) is not None:
                    trace.append(span)
        return [rows.distinct(trace) for trace in found.values() if trace]


def _define(engine: Engine, database: str, autocomplete_keys: Sequence[str]) -> None:
    """Make what of the store is not there."""
    with contextlib.closing(engine.session({}, "")) as session:
        read = session.read(sql.query("databases", database=literal(database)))
    layout = engine.layout
    # to make one takes a right that whoever made it for us need not have given
    if layout.cluster or rows.numbers(read, "databases") == [0]:
        engine.define(f"CREATE DATABASE IF NOT EXISTS {database} {layout.on}")
    engine.define(*sql.schema(layout, database, autocomplete_keys), database=database)


def _with_slots(session: Session, services: Sequence[str]) -> dict[str, int]:
    """The slots that were given, after ``services`` have theirs."""
    known = _slots(session)
    new = [service for service in dict.fromkeys(services) if service not in known]
    if not new:
        return known
    values = ", ".join(f"({literal(name)}, {slot})" for slot, name in enumerate(new, len(known)))
    session.run(f"INSERT INTO service_slots (service, slot) VALUES {values}")
    return _slots(session)


def _slots(session: Session) -> dict[str, int]:
    read = session.read(sql.query("slots"))
    return dict(zip(rows.texts(read, "service"), rows.numbers(read, "slot"), strict=True))


def _which(session: Session, low_ids: set[int]) -> str:
    """The condition for the spans of these traces, as short ranges of the primary key.

    Two statements, because the engine prunes by literal bounds and not by a subquery's; empty when
    none of the traces is known.
    """
    if not low_ids:
        return ""
    times = session.read(sql.query("trace_time", ids=", ".join(map(str, low_ids))))
    spread = list(
        zip(*(rows.numbers(times, name) for name in ("trace_lo", "t0", "t1")), strict=True)
    )
    if not spread:
        return ""
    if sum(t1 - t0 + 1 for _, t0, t1 in spread) <= _MOST_MINUTES:
        pairs = (f"({minute},{lo})" for lo, t0, t1 in spread for minute in range(t0, t1 + 1))
        return f"(bucket, trace_lo) IN ({','.join(pairs)})"
    t0, t1 = min(t0 for _, t0, _ in spread), max(t1 for _, _, t1 in spread)
    return (
        f"bucket BETWEEN {t0} AND {t1} AND trace_lo IN ({','.join(str(lo) for lo, _, _ in spread)})"
    )

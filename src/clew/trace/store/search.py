"""A search in steps: SQL narrows to traces that may match, TraceQuery.matches decides.

For the newest, the steps go back in time, each wider than the one before, until enough traces are
found: most searches end in the first and never touch the rest of the window. The slowest of a
window are not known before all of it is read, so there the window is one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clew.span.model import Micros
from clew.trace.query import Place, Sort, TraceQuery
from clew.trace.store import rows, sql
from clew.trace.store.engine import Session
from clew.trace.store.narrowing import Narrowing

_MINUTE = 60_000_000
_STEPS = (5 * _MINUTE, 60 * _MINUTE, 8 * 60 * _MINUTE)
_BEFORE = 5 * _MINUTE
_AFTER = 60 * _MINUTE
_END_OF_TIME = 2**62
BEFORE_ALL = Place(2**64 - 1, 0, 0, 0)
"""No trace has this rank, so every trace comes after it."""


class Displaced(NamedTuple):
    """A minute under which spans of other times are filed: see collect.columns."""

    bucket: int
    oldest: int
    """The earliest start of those spans, in microseconds."""
    newest: int


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of trace times, both ends included."""

    oldest: Micros
    newest: Micros

    @classmethod
    def within(cls, oldest: int, newest: int) -> Step:
        """The part of a window in which a span may start at all."""
        return cls(Micros(max(0, oldest)), Micros(min(newest, _END_OF_TIME)))

    @property
    def spans(self) -> Step:
        """Where the spans of its traces are looked for.

        A trace begins at its root, so its spans lie after that; before it only when clocks differ.
        What a trace does five minutes before its step or an hour after it meets no condition: the
        price of not reading all that was ever stored for each search.
        """
        return Step.within(self.oldest - _BEFORE, self.newest + _AFTER)

    def filed(self, displaced: Iterable[Displaced]) -> str:
        """The condition for spans that may start in it, by the minute they are filed under."""
        near = f"bucket BETWEEN {self.oldest // _MINUTE} AND {self.newest // _MINUTE}"
        elsewhere = [
            str(minute.bucket)
            for minute in displaced
            if minute.newest >= self.oldest and minute.oldest <= self.newest
        ]
        return f"({near} OR bucket IN ({', '.join(elsewhere)}))" if elsewhere else near

    def holds(self, time: Micros | None) -> bool:
        """Whether ``time`` is in it."""
        return time is not None and self.oldest <= time <= self.newest


def displaced(session: Session, step: Step) -> list[Displaced]:
    """The minutes that hold spans of ``step`` although they are other minutes."""
    read = session.read(sql.query("displaced", oldest=str(step.oldest), newest=str(step.newest)))
    columns = (rows.numbers(read, name) for name in ("bucket", "oldest", "newest"))
    return [Displaced(*row) for row in zip(*columns, strict=True)]


def steps(query: TraceQuery) -> Iterator[Step]:
    """The window of ``query``, newest first, without gaps or overlaps."""
    whole = Step.within(*query.window)
    if query.sort is not Sort.NEWEST:
        yield whole
        return
    begin: int = whole.newest if query.after is None else min(whole.newest, query.after.time)
    newest = begin
    for width in (*_STEPS, begin - whole.oldest):
        oldest = max(whole.oldest, begin - width)
        if oldest <= newest:
            yield Step.within(oldest, newest)
            newest = oldest - 1


def conditions(query: TraceQuery, met: Callable[[str], str]) -> tuple[str, Mapping[str, str | int]]:
    """The condition for traces that may match, and the parameters in it.

    ``met`` makes it of a condition that some span must meet.
    """
    narrowing = Narrowing()
    needed = _of_spans(query, narrowing)
    if query.service is not None:
        scope = f"service = {narrowing.parameter(query.service)}"
        needed = [f"{scope} AND ({condition})" for condition in needed] or [scope]
    found = list(map(met, needed))
    if query.expression is not None:
        found.append(narrowing.traces(query.expression, met))
    return " AND ".join(found) or "true", narrowing.parameters


def _of_spans(query: TraceQuery, narrowing: Narrowing) -> list[str]:
    found: list[str] = []
    if query.remote_service is not None:
        found.append(f"remote_service = {narrowing.parameter(query.remote_service)}")
    if query.span_name is not None:
        found.append(f"name = {narrowing.parameter(query.span_name)}")
    if query.min_duration is not None:
        longest = query.max_duration if query.max_duration is not None else 2**64 - 1
        found.append(f"duration BETWEEN {query.min_duration} AND {longest}")
    for key, value in query.terms.items():
        if value:
            found.append(narrowing.has_tag(key, value))
        else:
            name = narrowing.parameter(key)
            found.append(f"mapContains(tags, {name}) OR has(ann_value, {name})")
    return found

"""Links from whole hours that were linked when they were over, and the rest linked when asked.

A trace that lies in one hour alone is linked once, when that hour is settled. What belongs to
several hours, to an hour that has changed since, or to an hour that the window cuts, is linked when
asked: a link needs whole traces, so sums of hours alone would count traces twice or cut them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from clew.trace.dependencies import ByLink, Calls, DependencyLink, count, links
from clew.trace.store import rows, sql
from clew.trace.store.engine import Pool, Session, literal
from clew.trace.store.search import Step, displaced

_HOUR = 3_600_000_000
_SPANS_AT_ONCE = 1_000_000
"""How many spans are linked at once."""
_TRIES = 3
_LATE = 5 * 60_000_000
"""How long after its end an hour is settled first: most spans have come by then."""


class Filed(NamedTuple):
    """What is filed under an hour; when it differs, the links of the hour may."""

    spans: int
    roaming: int
    """A digest of which traces go beyond the hour."""


class Links:
    """The links of a store."""

    def __init__(self, readers: Pool, settler: Pool) -> None:
        """``settler`` has the sessions for :meth:`settle`, which writes and has no time limit."""
        self._readers = readers
        self._settler = settler

    def within(self, window: Step, check: Callable[[], None]) -> list[DependencyLink]:
        """The links of traces with a span in ``window``; ``check`` raises when time is up."""
        with self._readers.session() as session:
            for _ in range(_TRIES):
                settled = _settled(session, window)
                calls = _of_hours(session, settled)
                _add(calls, _linked(session, window, _live(settled), check))
                # what came meanwhile may have made one trace part of both, or of none
                if _settled(session, window) == settled:
                    return links(calls)
            return links(_linked(session, window, "true", check))

    def settle(self, now: int, stopping: Callable[[], bool]) -> int:
        """Link every hour that is over at ``now`` and new or changed; answers how many."""
        last = (now - _LATE) // _HOUR - 1
        with self._settler.session() as session:
            known = _read(session, "settled_hours", 0, last)
            changed = {
                hour: filed
                for hour, filed in _read(session, "hours", 0, last).items()
                if known.get(hour) != filed
            }
            settled = 0
            for hour, filed in changed.items():
                if stopping():
                    break
                # of several that share a store another may have been quicker
                if _read(session, "settled_hours", hour, hour).get(hour) != filed:
                    self._settle(session, hour, filed)
                    settled += 1
        return settled

    def _settle(self, session: Session, hour: int, filed: Filed) -> None:
        window = Step.within(hour * _HOUR, (hour + 1) * _HOUR - 1)
        roaming = sql.query("roaming")
        which = f"intDiv(bucket, 60) = {hour} AND NOT ({roaming})"
        calls = _linked(session, window, which, lambda: None)
        # spans that came meanwhile are in the links and not in ``filed``: so the hour has changed
        values = _rows(hour, filed, {("", ""): Calls(), **calls})
        session.run(sql.query("insert_links", values=values))


def _settled(session: Session, window: Step) -> dict[int, Filed]:
    """The hours that lie in ``window`` whole and have not changed since they were settled."""
    first, last = -(-window.oldest // _HOUR), (window.newest + 1) // _HOUR - 1
    now = _read(session, "hours", first, last)
    return {
        hour: filed
        for hour, filed in _read(session, "settled_hours", first, last).items()
        if now.get(hour) == filed
    }


def _live(settled: Mapping[int, Filed]) -> str:
    """The condition for spans whose traces are in no settled hour."""
    if not settled:
        return "true"
    return f"intDiv(bucket, 60) NOT IN ({', '.join(map(str, settled))}) OR {sql.query('roaming')}"


def _read(session: Session, query: str, first: int, last: int) -> dict[int, Filed]:
    if last < first:
        return {}
    read = session.read(sql.query(query, first=str(first), last=str(last)))
    columns = (rows.numbers(read, name) for name in ("hour", "spans", "roaming"))
    return {hour: Filed(*filed) for hour, *filed in zip(*columns, strict=True)}


def _of_hours(session: Session, settled: Mapping[int, Filed]) -> ByLink:
    if not settled:
        return {}
    hours = ", ".join(str((hour, *filed)) for hour, filed in settled.items())
    return rows.calls(session.read(sql.query("settled_links", hours=hours)))


def _linked(session: Session, window: Step, which: str, check: Callable[[], None]) -> ByLink:
    """The calls of traces with a span in ``window`` that fulfils ``which``, each linked whole."""
    traces = sql.query(
        "dependency_traces",
        minutes=window.filed(displaced(session, window)),
        oldest=str(window.oldest),
        newest=str(window.newest),
        which=which,
    )
    extent = session.read(sql.query("dependency_extent", traces=traces))
    first, last, spans = (rows.numbers(extent, name)[0] for name in ("first", "last", "spans"))
    calls: ByLink = {}
    parts = 1 + spans // _SPANS_AT_ONCE if spans else 0
    for part in range(parts):
        check()
        statement = sql.query(
            "dependency_spans",
            traces=traces,
            first=str(first),
            last=str(last),
            parts=str(parts),
            part=str(part),
        )
        _add(calls, count(rows.alike(session.read(statement))))
    return calls


def _add(calls: ByLink, others: ByLink) -> None:
    for link, other in others.items():
        calls.setdefault(link, Calls()).add(other)


def _rows(hour: int, filed: Filed, calls: ByLink) -> str:
    """The rows of one hour for the table ``links``, as SQL."""
    return ", ".join(
        f"({hour}, {filed.spans}, {filed.roaming}, {literal(parent)}, {literal(child)},"
        f" {total.count}, {total.errors}, {total.steps.tolist()}, {total.longest})"
        for (parent, child), total in calls.items()
    )

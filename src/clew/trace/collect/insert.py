"""From the log into the store: one thread makes columns, one inserts them.

What the store refuses for now is tried again for as long as it takes, in order; meanwhile the room
fills and senders are told to wait. What it refuses for good is set aside as a file, and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from clew.errors import ClewError
from clew.span.detect import DECODERS
from clew.span.model import Micros, Span
from clew.trace.collect import record
from clew.trace.collect.columns import table
from clew.trace.collect.counts import REFUSED_BY_STORE, REPLAY, Counts
from clew.trace.collect.room import Room
from clew.trace.collect.sampler import Sampler
from clew.trace.collect.segment import Segment
from clew.trace.store import SPAN_SCHEMA

_CHUNK = 5000
"""Spans turned into columns at a time: long lists of live objects make Python slow."""
_TABLES_READY = 2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

_logger = logging.getLogger(__name__)


class Writer(Protocol):
    """The part of a :class:`~clew.trace.store.SpanStore` that takes spans."""

    def insert(self, table: pa.Table, token: str) -> None:
        """See :class:`~clew.trace.store.SpanStore`."""
        ...


class Inserts:
    """The sink of the log."""

    def __init__(self, store: Writer, room: Room, counts: Counts, sampler: Sampler) -> None:
        self.trouble = ""
        """Why the store does not take spans now; empty when it does."""
        self._store = store
        self._room = room
        self._counts = counts
        self._sampler = sampler
        self._arrived: queue.SimpleQueue[_Arrived | Segment | None] = queue.SimpleQueue()
        self._tables: queue.Queue[tuple[Segment, pa.Table] | None] = queue.Queue(_TABLES_READY)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, left_over: Sequence[Path]) -> None:
        """Insert the segments of an earlier process first, then what comes."""
        if left_over:
            _logger.info("storing the spans that the last process left in its log")
        self._threads = [
            threading.Thread(
                target=self._make_tables, args=(left_over,), name="columns", daemon=True
            ),
            threading.Thread(target=self._insert_tables, name="insert", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def add(self, spans: Sequence[Span], arrival: Micros) -> None:
        """See :class:`~clew.trace.collect.log.Sink`."""
        self._arrived.put(_Arrived(spans, arrival))

    def seal(self, segment: Segment) -> None:
        """See :class:`~clew.trace.collect.log.Sink`."""
        self._arrived.put(segment)

    def close(self, seconds: float) -> None:
        """Insert what was sealed, and end; give up after ``seconds``.

        What is not inserted stays in the log for the next start.
        """
        self._arrived.put(None)
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)

    def _make_tables(self, left_over: Sequence[Path]) -> None:
        for path in left_over:
            self._replay(path)
        columns = _Columns()
        while (item := self._arrived.get()) is not None:
            match item:
                case _Arrived(spans, arrival):
                    columns.add(spans, arrival)
                case Segment():
                    self._hand_on(item, columns)
                    columns = _Columns()
        self._tables.put(None)

    def _replay(self, path: Path) -> None:
        segment, columns, sampled_out = Segment(path, 0, {}), _Columns(), 0
        try:
            for logged in record.read(path.read_bytes()):
                spans = DECODERS[logged.format](logged.body)
                kept = self._sampler.kept(spans)
                sampled_out += len(spans) - len(kept)
                columns.add(kept, logged.arrival)
        except (ClewError, OSError) as error:
            _logger.error("%s cannot be replayed, so it is now %s", error, segment.set_aside())
            return
        self._counts.accepted(REPLAY, columns.spans, sampled_out)
        self._hand_on(Segment(path, 0, {REPLAY: columns.spans}), columns)

    def _hand_on(self, segment: Segment, columns: _Columns) -> None:
        try:
            rows = columns.table()
        except Exception as error:  # a mistake of ours must not end the thread
            self._refuse(segment, error)
        else:
            self._tables.put((segment, rows))

    def _insert_tables(self) -> None:
        while (item := self._tables.get()) is not None:
            self._insert(*item)

    def _insert(self, segment: Segment, rows: pa.Table) -> None:
        for pause in _pauses():
            try:
                if rows.num_rows:
                    self._store.insert(rows, segment.token)
            except ClewError as error:
                if not self.trouble:
                    _logger.warning("spans wait in the log: %s", error)
                self.trouble = str(error)
                if self._stopping.wait(pause):
                    return
            except Exception as error:  # whatever it is, the spans behind must not wait for ever
                self._refuse(segment, error)
                return
            else:
                if self.trouble:
                    _logger.info("spans are stored again")
                self.trouble = ""
                segment.remove()
                self._counts.stored(sum(segment.spans.values()))
                self._room.give_back(segment.held)
                return

    def _refuse(self, segment: Segment, error: Exception) -> None:
        aside = segment.set_aside()
        _logger.error("the store refused spans for good, they are in %s", aside, exc_info=error)
        self.trouble = f"{aside}: {error}"
        self._counts.dropped(segment.spans, REFUSED_BY_STORE)
        self._room.give_back(segment.held)


@dataclass(frozen=True, slots=True)
class _Arrived:
    spans: Sequence[Span]
    arrival: Micros


class _Columns:
    """The spans of one segment, on their way from objects to columns."""

    def __init__(self) -> None:
        self.spans = 0
        """How many were added."""
        self._chunk: list[Span] = []
        self._tables: list[pa.Table] = []
        self._error: Exception | None = None

    def add(self, spans: Sequence[Span], arrival: Micros) -> None:
        """Add spans that came at ``arrival``. Never raises: :meth:`table` does."""
        self.spans += len(spans)
        self._chunk += spans
        self._arrival = arrival
        if len(self._chunk) >= _CHUNK:
            try:
                self._turn()
            except Exception as error:
                self._error = error

    def table(self) -> pa.Table:
        """All that was added."""
        if self._error:
            raise self._error
        if self._chunk:
            self._turn()
        # empty_table() would import pandas
        empty = pa.Table.from_batches([], SPAN_SCHEMA)
        return pa.concat_tables(self._tables) if self._tables else empty

    def _turn(self) -> None:
        chunk, self._chunk = self._chunk, []
        self._tables.append(table(chunk, self._arrival))


def _pauses() -> Iterator[float]:
    """Seconds between one try and the next, for ever."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)

"""The log: what a 202 promises is in it, on the disk.

Group commit: whatever came during one write and sync goes into the next. The bodies of up to a
second, or 40 MB, make a segment, which is then sealed and inserted as one block; its file goes when
the store has it. So after a crash every acknowledged span is in the store, or in a segment that the
next start inserts under the same token: none is lost, and none is there twice.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clew.errors import ClewError
from clew.span.model import Micros, Span
from clew.trace.collect.counts import Counts
from clew.trace.collect.record import Record, frame
from clew.trace.collect.room import Room
from clew.trace.collect.segment import Segment, SegmentFile

_logger = logging.getLogger(__name__)


class LogFailed(ClewError):
    """The log cannot be written now; the sender should keep its spans and try again later."""


class Sink(Protocol):
    """Where spans go when they are on the disk. Called by the log's thread only."""

    def add(self, spans: Sequence[Span], arrival: Micros) -> None:
        """Spans of the segment that is being written."""
        ...

    def seal(self, segment: Segment) -> None:
        """What was added since the last call is ``segment``."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A message to log."""

    record: Record
    spans: list[Span]
    """What is to be stored of the record's body."""
    sampled_out: int
    """How many of its spans are not."""
    transport: str
    held: int
    """Bytes of room that the message holds, handed on with it."""


class Log:
    """Takes messages in an event loop, writes them in a thread of its own."""

    def __init__(
        self,
        directory: Path,
        sink: Sink,
        room: Room,
        counts: Counts,
        *,
        seal_bytes: int = 40 << 20,
        seal_seconds: float = 1.0,
    ) -> None:
        self.trouble = ""
        """Why the log could not be written the last time; empty when it could."""
        self._directory = directory
        self._sink = sink
        self._room = room
        self._counts = counts
        self._seal_bytes = seal_bytes
        self._seal_seconds = seal_seconds
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._file: SegmentFile | None = None
        self._due = 0.0
        self._held = 0
        self._spans: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    async def append(self, entry: Entry) -> None:
        """Return when ``entry`` is on the disk and on its way. Raises LogFailed: then it is not.

        From the call on, the log answers for the room that the entry holds.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.put(_Waiting(entry, future, loop))
        await future

    def close(self) -> None:
        """Write what waits, seal the last segment, and end. Nothing may be appended after it."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while self._step():
            pass
        self._seal()

    def _step(self) -> bool:
        """Commit what waits, or seal the segment that is due. False when the log was closed."""
        patience = None if self._file is None else max(0.0, self._due - time.monotonic())
        batch: list[_Waiting] = []
        closed = False
        try:
            item = self._waiting.get(timeout=patience)
            while item is not None:
                batch.append(item)
                item = self._waiting.get_nowait()
            closed = True
        except queue.Empty:
            pass
        if batch:
            self._commit(batch)
        if self._file and (self._file.size >= self._seal_bytes or time.monotonic() >= self._due):
            self._seal()
        return not closed

    def _commit(self, batch: list[_Waiting]) -> None:
        pieces = [piece for waiting in batch for piece in frame(waiting.entry.record)]
        try:
            if self._file is None:
                self._file = SegmentFile(self._directory)
                self._due = time.monotonic() + self._seal_seconds
            self._file.append(pieces)
        except OSError as error:
            self._fail(batch, error)
            return
        self.trouble = ""
        for waiting in batch:
            entry = waiting.entry
            self._counts.accepted(entry.transport, len(entry.spans), entry.sampled_out)
            self._sink.add(entry.spans, entry.record.arrival)
            self._spans[entry.transport] += len(entry.spans)
            self._held += entry.held
        _in_their_loops(batch, lambda future: future.set_result(None))

    def _fail(self, batch: list[_Waiting], error: OSError) -> None:
        self.trouble = f"{self._directory}: {error.strerror or error}"
        _logger.error("the log cannot be written: %s", self.trouble)
        failure = LogFailed(f"spans cannot be written to the disk: {error.strerror or error}")
        if self._file and self._file.size == 0:
            self._file.discard()
            self._file = None
        self._seal()  # a file that failed once is not written again
        for waiting in batch:
            self._room.give_back(waiting.entry.held)
        _in_their_loops(batch, lambda future: future.set_exception(failure))

    def _seal(self) -> None:
        if self._file is None:
            return
        self._file.close()
        self._sink.seal(Segment(self._file.path, self._held, dict(self._spans)))
        self._file, self._held, self._spans = None, 0, Counter()


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: Entry
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


def _in_their_loops(batch: list[_Waiting], settle: Callable[[asyncio.Future[None]], None]) -> None:
    """Settle every future of ``batch`` with one wake-up for each loop, of which there is one."""
    for loop in {waiting.loop for waiting in batch}:
        futures = [waiting.future for waiting in batch if waiting.loop is loop]
        loop.call_soon_threadsafe(_settle, futures, settle)


def _settle(
    futures: list[asyncio.Future[None]], settle: Callable[[asyncio.Future[None]], None]
) -> None:
    for future in futures:
        if not future.done():  # its request may have been given up
            settle(future)

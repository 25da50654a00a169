from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.trace.collect.standins import eventually

from clew.span.detect import Format
from clew.span.json_v2 import encode_list
from clew.span.model import Micros, Span
from clew.span.normal import new_span
from clew.trace.collect import segment as segment_module
from clew.trace.collect.counts import Counts
from clew.trace.collect.log import Entry, Log, LogFailed
from clew.trace.collect.record import Record, read
from clew.trace.collect.room import Room
from clew.trace.collect.segment import Segment, left_over


class Sink:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[int | Segment] = []

    def add(self, spans: Sequence[Span], arrival: Micros) -> None:
        self.events += [int(span.id, 16) for span in spans]

    def seal(self, segment: Segment) -> None:
        self.events.append(segment)

    @property
    def segments(self) -> list[Segment]:
        return [event for event in self.events if isinstance(event, Segment)]


class Rig:
    """A log with nothing real around it but the disk."""

    def __init__(
        self, directory: Path, seal_bytes: int = 1 << 20, seal_seconds: float = 60
    ) -> None:
        self.directory = directory
        self.sink = Sink()
        self.room = Room(1000)
        self.counts = Counts()
        self.log = Log(
            directory,
            self.sink,
            self.room,
            self.counts,
            seal_bytes=seal_bytes,
            seal_seconds=seal_seconds,
        )

    def entry(self, number: int) -> Entry:
        spans = [new_span(trace_id="1", id=f"{number:x}")]
        record = Record(Format.JSON_V2, Micros(number), encode_list(spans))
        self.room.take(10)
        return Entry(record=record, spans=spans, sampled_out=1, transport="http", held=10)

    def append(self, *numbers: int) -> None:
        async def all_at_once() -> None:
            await asyncio.gather(*(self.log.append(self.entry(number)) for number in numbers))

        asyncio.run(all_at_once())

    def on_disk(self) -> list[int]:
        return [
            record.arrival
            for path in left_over(self.directory)
            for record in read(path.read_bytes())
        ]


def test_an_entry_is_on_the_disk_when_append_returns(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.log.start()
    for number in (1, 2, 3):
        rig.append(number)
        assert rig.on_disk() == list(range(1, number + 1))
    assert rig.sink.events == [1, 2, 3]
    rig.log.close()


def test_closing_seals_what_was_written(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.log.start()
    rig.append(1, 2)
    rig.log.close()
    (path,) = left_over(tmp_path)
    assert rig.sink.events == [1, 2, Segment(path, held=20, spans={"http": 2})]
    assert rig.counts.totals().waiting == 2


def test_what_comes_during_one_sync_shares_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing, go_on, syncs = threading.Event(), threading.Event(), []

    def slow_sync(fd: int) -> None:
        syncs.append(fd)
        syncing.set()
        go_on.wait()

    monkeypatch.setattr(segment_module, "_sync_data", slow_sync)
    rig = Rig(tmp_path)
    rig.log.start()

    async def scenario() -> None:
        first = asyncio.create_task(rig.log.append(rig.entry(1)))
        await asyncio.to_thread(syncing.wait)
        others = [asyncio.create_task(rig.log.append(rig.entry(n))) for n in range(2, 10)]
        await asyncio.sleep(0)
        assert not first.done()
        go_on.set()
        await asyncio.gather(first, *others)

    asyncio.run(scenario())
    rig.log.close()
    assert len(syncs) == 2
    assert rig.on_disk() == list(range(1, 10))


def test_a_segment_is_sealed_when_it_is_large(tmp_path: Path) -> None:
    rig = Rig(tmp_path, seal_bytes=1)
    rig.log.start()
    rig.append(1)
    rig.append(2)
    eventually(lambda: len(rig.sink.segments) == 2)
    assert len({segment.token for segment in rig.sink.segments}) == 2
    rig.log.close()
    assert len(rig.sink.segments) == 2


def test_a_segment_is_sealed_when_it_is_old_though_nothing_more_comes(tmp_path: Path) -> None:
    rig = Rig(tmp_path, seal_seconds=0.02)
    rig.log.start()
    rig.append(1)
    eventually(lambda: len(rig.sink.segments) == 1)
    rig.append(2)
    eventually(lambda: len(rig.sink.segments) == 2)
    rig.log.close()


def test_a_full_disk_fails_the_entry_and_only_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, pieces: Sequence[Any]) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    rig = Rig(tmp_path)
    rig.log.start()
    rig.append(1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        with pytest.raises(LogFailed, match="No space left on device"):
            rig.append(2)
        assert rig.log.trouble.endswith("No space left on device")
        with pytest.raises(LogFailed):
            rig.append(3)
    assert rig.room.used == 10
    rig.append(4)
    assert rig.log.trouble == ""
    rig.log.close()
    assert rig.on_disk() == [1, 4]
    assert [type(event) for event in rig.sink.events] == [int, Segment, int, Segment]
    assert (rig.counts.totals().accepted, rig.counts.totals().waiting) == (4, 2)


def test_a_directory_that_went_away_fails_the_entry(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    rig = Rig(directory)
    rig.log.start()
    with pytest.raises(LogFailed):
        rig.append(1)
    directory.mkdir()
    rig.append(2)
    rig.log.close()
    assert rig.on_disk() == [2]


def test_a_sender_that_does_not_wait_is_logged_all_the_same(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def give_up() -> None:
        task = asyncio.create_task(rig.log.append(rig.entry(1)))
        await asyncio.sleep(0)
        task.cancel()
        rig.log.start()
        await asyncio.to_thread(rig.log.close)

    asyncio.run(give_up())
    assert rig.on_disk() == [1]
    assert rig.sink.segments[0].held == 10

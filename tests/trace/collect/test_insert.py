from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from tests.span.otlp_writing import as_json, as_protobuf, request, span
from tests.trace.collect.standins import MoodyStore, eventually

from clew.span import proto3, thrift
from clew.span.detect import Format
from clew.span.json_v2 import encode_list
from clew.span.model import Micros, Span
from clew.span.normal import new_span
from clew.trace.collect import columns, insert
from clew.trace.collect.counts import REFUSED_BY_STORE, SAMPLED_OUT, Counts
from clew.trace.collect.insert import Inserts
from clew.trace.collect.record import Record, frame
from clew.trace.collect.room import Room
from clew.trace.collect.sampler import Sampler
from clew.trace.collect.segment import Segment
from clew.trace.store import QueryTimeout, StoreUnavailable

ARRIVAL = Micros(1_700_000_000_000_000)


OTLP = request(*(span(spanId=f"{id:016x}") for id in (1, 0, 2)))


def spans(*ids: int, trace_id: str = "1") -> list[Span]:
    return [new_span(trace_id=trace_id, id=f"{id:x}") for id in ids]


class Rig:
    """Inserts with a store that may fail."""

    def __init__(self, directory: Path, rate: float = 1) -> None:
        self.directory = directory
        self.store = MoodyStore()
        self.room = Room(1000)
        self.counts = Counts()
        self.inserts = Inserts(self.store, self.room, self.counts, Sampler(rate))

    def segment(self, name: str, *ids: int) -> Segment:
        """What the log does for a segment of these spans."""
        path = self.directory / name
        path.touch()
        self.room.take(10)
        self.counts.accepted("http", len(ids), 0)
        self.inserts.add(spans(*ids), ARRIVAL)
        segment = Segment(path, 10, {"http": len(ids)})
        self.inserts.seal(segment)
        return segment

    def left(self, name: str, *records: list[Span], tail: bytes = b"") -> Path:
        """A segment that an earlier process left in the log."""
        path = self.directory / name
        framed = [frame(Record(Format.JSON_V2, ARRIVAL, encode_list(each))) for each in records]
        path.write_bytes(b"".join(header + body for header, body in framed) + tail)
        return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insert, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(insert, "_LONGEST_PAUSE", 0.002)


@pytest.mark.parametrize(
    ("format", "body"),
    [
        (Format.JSON_V2, encode_list(spans(1, 2))),
        (Format.PROTO3, proto3.encode_list(spans(1, 2))),
        (Format.JSON_V1, b'[{"traceId":"1","id":"1"},{"traceId":"1","id":"2"}]'),
        (Format.THRIFT, thrift.encode_list(spans(1, 2))),
        (Format.OTLP, as_protobuf(OTLP)),
        (Format.OTLP_JSON, as_json(OTLP)),
    ],
)
def test_what_is_left_over_is_inserted_whatever_its_format(
    tmp_path: Path, format: Format, body: bytes
) -> None:
    rig = Rig(tmp_path)
    path = tmp_path / "left"
    path.write_bytes(b"".join(frame(Record(format, ARRIVAL, body))))
    rig.inserts.start([path])
    rig.inserts.close(60)
    assert rig.store.ids == [1, 2]
    assert rig.counts.totals().balanced


def test_a_sealed_segment_is_one_insert_under_its_name_and_then_gone(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.inserts.start([])
    rig.segment("a", 1, 2)
    rig.segment("b", 3)
    rig.inserts.close(60)
    assert rig.store.tokens == ["a", "b"]
    assert rig.store.ids == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []
    assert (rig.room.used, rig.counts.totals().stored) == (0, 3)


def test_many_spans_are_turned_in_pieces_and_stay_one_insert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insert, "_CHUNK", 3)
    rig = Rig(tmp_path)
    rig.inserts.start([])
    for start in range(1, 9, 2):
        rig.inserts.add(spans(start, start + 1), ARRIVAL)
    rig.inserts.seal(Segment(tmp_path / "a", 0, {"http": 8}))
    rig.inserts.close(60)
    assert rig.store.rows["a"]["id"].to_pylist() == list(range(1, 9))


@pytest.mark.usefixtures("quick")
def test_what_the_store_does_not_take_now_is_tried_again_in_order(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.store.errors = [StoreUnavailable("busy"), QueryTimeout("busy"), StoreUnavailable("busy")]
    rig.inserts.start([])
    rig.segment("a", 1)
    rig.segment("b", 2)
    eventually(lambda: rig.counts.totals().stored == 2)
    assert rig.store.tokens == ["a", "b"]
    assert rig.inserts.trouble == ""
    rig.inserts.close(60)


@pytest.mark.usefixtures("quick")
def test_while_the_store_is_away_spans_wait_and_trouble_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rig = Rig(tmp_path)
    rig.store.away.set()
    rig.inserts.start([])
    segment = rig.segment("a", 1)
    eventually(lambda: rig.store.tries > 3)
    assert rig.inserts.trouble == "the store is away"
    assert (rig.counts.totals().waiting, rig.room.used) == (1, 10)
    assert segment.path.exists()
    rig.store.away.clear()
    eventually(lambda: rig.counts.totals().stored == 1)
    assert rig.inserts.trouble == ""
    rig.inserts.close(60)
    assert caplog.messages == [
        "spans wait in the log: the store is away",
        "spans are stored again",
    ]


def test_what_the_store_never_takes_is_set_aside_counted_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path)
    rig.store.errors = [TypeError("no such column")]
    rig.inserts.start([])
    rig.segment("a", 1)
    rig.segment("b", 2)
    rig.inserts.close(60)
    assert rig.store.tokens == ["b"]
    assert (tmp_path / "refused" / "a").exists()
    totals = rig.counts.totals()
    assert totals.balanced
    assert totals.dropped == {REFUSED_BY_STORE: 1}
    assert rig.room.used == 0


@pytest.mark.parametrize("chunk", [1, 100])
def test_what_cannot_be_turned_into_columns_is_set_aside_and_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    def table(spans: Sequence[Span], arrival: Micros) -> pa.Table:
        if any(span.id == "0000000000000001" for span in spans):
            raise OverflowError("too large for a column")
        return columns.table(spans, arrival)

    monkeypatch.setattr(insert, "table", table)
    monkeypatch.setattr(insert, "_CHUNK", chunk)
    rig = Rig(tmp_path)
    rig.inserts.start([rig.left("0", spans(1)), rig.left("1", spans(2))])
    rig.segment("a", 1)
    rig.segment("b", 3)
    rig.inserts.close(60)
    assert rig.store.ids == [2, 3]
    assert sorted(path.name for path in (tmp_path / "refused").iterdir()) == ["0", "a"]
    assert rig.counts.totals().balanced
    assert rig.room.used == 0


def test_closing_while_the_store_is_away_leaves_the_segments_for_the_next_start(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path)
    rig.store.away.set()
    rig.inserts.start([])
    for name in "abcd":
        rig.segment(name, 1)
    rig.inserts.close(60)
    assert [thread.name for thread in threading.enumerate() if thread.name == "insert"] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]
    assert rig.counts.totals().waiting == 4


def test_what_was_left_in_the_log_is_inserted_first_and_under_the_same_tokens(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path)
    paths = [rig.left("1", spans(1), spans(2, 3)), rig.left("2", spans(4), tail=b"torn")]
    rig.segment("3", 5)
    rig.inserts.start(paths)
    rig.inserts.close(60)
    assert rig.store.tokens == ["1", "2", "3"]
    assert rig.store.ids == [1, 2, 3, 4, 5]
    assert list(tmp_path.iterdir()) == []
    totals = rig.counts.totals()
    assert (totals.accepted, totals.stored, totals.waiting) == (5, 5, 0)


def test_a_segment_with_nothing_whole_in_it_is_removed(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.inserts.start([rig.left("1", tail=b"torn"), rig.left("2")])
    rig.inserts.close(60)
    assert rig.store.tokens == []
    assert list(tmp_path.iterdir()) == []


def test_a_segment_that_cannot_be_read_again_is_set_aside_whole(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    bad = frame(Record(Format.JSON_V2, ARRIVAL, b"no list"))
    paths = [rig.left("1", spans(1), tail=bad[0] + bad[1]), rig.left("2", spans(2))]
    rig.inserts.start(paths)
    rig.inserts.close(60)
    assert rig.store.ids == [2]
    assert (tmp_path / "refused" / "1").exists()
    assert rig.counts.totals().balanced


def test_what_is_replayed_is_sampled_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, rate=0.5)
    left = rig.left("1", spans(1), spans(2, trace_id="7fffffffffffffff"))
    rig.inserts.start([left])
    rig.inserts.close(60)
    assert rig.store.ids == [1]
    assert rig.counts.totals().dropped == {SAMPLED_OUT: 1}

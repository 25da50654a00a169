from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clew.trace.collect.segment import Segment, SegmentFile, left_over


def test_what_was_appended_is_in_the_file(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path)
    file.append([b"ab", b"", b"c"])
    file.append([b"d"])
    assert (file.size, file.path.read_bytes()) == (4, b"abcd")
    file.close()


def test_more_pieces_than_one_write_takes_are_all_written(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path)
    pieces = [str(n).encode() for n in range(3000)]
    file.append(pieces)
    assert file.path.read_bytes() == b"".join(pieces)
    file.close()


def test_writes_that_take_only_some_bytes_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def three_bytes(fd: int, pieces: Sequence[Any]) -> int:
        return os.write(fd, b"".join(pieces)[:3])

    file = SegmentFile(tmp_path)
    monkeypatch.setattr(os, "writev", three_bytes)
    file.append([b"abcd", b"", b"e", b"fghijk"])
    assert file.path.read_bytes() == b"abcdefghijk"
    file.close()


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(fd: int, pieces: Sequence[Any]) -> int:
        if os.fstat(fd).st_size > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(fd, pieces[0][:1])

    file = SegmentFile(tmp_path)
    file.append([b"ab"])
    monkeypatch.setattr(os, "writev", half)
    with pytest.raises(OSError, match="No space"):
        file.append([b"cdef"])
    assert (file.size, file.path.read_bytes()) == (2, b"ab")
    file.close()


def test_segments_are_found_oldest_first_and_those_set_aside_are_not(tmp_path: Path) -> None:
    files = [SegmentFile(tmp_path) for _ in range(3)]
    for file in files:
        file.close()
    aside = Segment(files[1].path, 0, {}).set_aside()
    assert aside.exists()
    assert left_over(tmp_path) == [files[0].path, files[2].path]


def test_a_stored_segment_is_removed(tmp_path: Path) -> None:
    file = SegmentFile(tmp_path)
    file.close()
    segment = Segment(file.path, 0, {})
    assert segment.token == file.path.name
    segment.remove()
    segment.remove()
    assert left_over(tmp_path) == []

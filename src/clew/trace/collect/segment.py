"""Segments: the files of the log. A sealed one is one insert, and its name the insert's token."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PIECES_PER_WRITE = os.sysconf("SC_IOV_MAX")
_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment on its way into the store."""

    path: Path
    held: int
    """Bytes of room that its messages hold until it is stored."""
    spans: Mapping[str, int]
    """How many spans of each transport are in it."""

    @property
    def token(self) -> str:
        """What makes inserting it twice the same as once."""
        return self.path.name

    def remove(self) -> None:
        """It is stored: a restart need not see it."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> Path:
        """The store will never take it: keep it for people, where no restart finds it."""
        aside = self.path.parent / "refused"
        aside.mkdir(exist_ok=True)
        return self.path.rename(aside / self.path.name)


class SegmentFile:
    """The segment being written."""

    def __init__(self, directory: Path) -> None:
        """Make a new one in ``directory``. Raises OSError."""
        # the random part keeps a clock that was set back from giving the token of a past insert
        self.path = directory / f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        self.size = 0
        self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            _sync_directory(directory)
        except OSError:
            self.discard()
            raise

    def append(self, pieces: Sequence[bytes]) -> None:
        """Write ``pieces``; on return they are on the disk. Raises OSError, and then none is kept.

        After an error the file must not be written again: what the disk has of it is not known.
        """
        try:
            _write_all(self._fd, pieces)
            _sync_data(self._fd)
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self.size += sum(map(len, pieces))

    def close(self) -> None:
        """Nothing more comes."""
        os.close(self._fd)

    def discard(self) -> None:
        """Close it and remove it: nothing in it was acknowledged."""
        os.close(self._fd)
        self.path.unlink(missing_ok=True)


def left_over(directory: Path) -> list[Path]:
    """The segments that an earlier process acknowledged and did not see stored, oldest first."""
    return sorted(path for path in directory.iterdir() if path.is_file())


def _write_all(fd: int, pieces: Sequence[bytes]) -> None:
    """Write every byte: a full disk or a signal may make the kernel take only some."""
    views = [memoryview(piece) for piece in pieces]
    at = 0
    while at < len(views):
        written = os.writev(fd, views[at : at + _PIECES_PER_WRITE])
        while at < len(views) and written >= len(views[at]):
            written -= len(views[at])
            at += 1
        if written:
            views[at] = views[at][written:]


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

"""io.l5d.fs: a directory whose files are services. Watches it, and answers from what it read."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from watchfiles import Change, awatch

from clew.mesh.namers.address_file import MAX_BYTES, read_addresses
from clew.mesh.namers.watch_state import Document, WatchState, shown
from clew.mesh.naming.addr_state import answer_state
from clew.mesh.naming.answer import Answer, Answers, Broken, Missing
from clew.mesh.naming.bound import Bound
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

TICK_MS = 1000
"""How often files are looked at where no event tells of a change, as on a network drive."""
STEP_MS = 20
"""How long events are collected after the first one: writers rarely write once."""
SETTLE_S = 0.2
"""How long a directory that comes back is left alone, so that its files can come back too."""
RACY_NS = 1_000_000_000
"""A file that has just been written may change again without its times telling so."""

_EVENTS = {
    Change.added: "ENTRY_CREATE",
    Change.modified: "ENTRY_MODIFY",
    Change.deleted: "ENTRY_DELETE",
}
"""As Linkerd calls them."""
_NO_SUCH_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An answer, and what the file looked like when it was read."""

    answer: Answer
    mark: tuple[int, ...] = ()
    """Empty when the file must be read again in any case."""


class Fs:
    """``/#/io.l5d.fs/a/b/c`` is the file ``a`` with residual ``/b/c``, or ``a/b`` with ``/c``."""

    def __init__(self, root_dir: str, prefix: Path) -> None:
        self._root = os.path.abspath(root_dir)
        self._shown = root_dir.rstrip("/")
        self._prefix = prefix
        self._wanted: frozenset[Path] = frozenset()
        self._seen: dict[Path, _Seen] = {}
        self._stirred = asyncio.Event()
        self._gone = False
        self._watch_state = WatchState()
        self._event: Document = dict.fromkeys(("lastEventKind", "lastEventName", "lastEventAt"))

    @property
    def prefix(self) -> Path:
        return self._prefix

    def want(self, paths: frozenset[Path]) -> None:
        self._wanted = paths
        self._stirred.set()

    def state(self) -> Document:
        known = {str(path): answer_state(seen.answer) for path, seen in sorted(self._seen.items())}
        return {"events": self._event, "state": self._watch_state.state(known)}

    async def run(self, publish: Callable[[Answers], None]) -> None:
        watching = asyncio.create_task(self._watch())
        published: Answers | None = None
        try:
            while True:
                self._stirred.clear()
                if self._gone and _identity(self._root) is not None:
                    await asyncio.sleep(SETTLE_S)
                await asyncio.to_thread(self._read, self._wanted)
                answers = {path: seen.answer for path, seen in self._seen.items()}
                if answers != published:
                    publish(answers)
                    published = answers
                    self._watch_state.updated()
                await self._stirred.wait()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        """Stirs whenever a file may have changed."""
        told = ""
        while True:
            watched = _identity(self._root)
            if watched is None:
                await asyncio.sleep(SETTLE_S)
            else:
                try:
                    await self._watch_one(watched)
                except (OSError, RuntimeError) as error:
                    if str(error) != told:
                        log.warning("%s cannot be watched, is read every second: %s", self, error)
                        told = str(error)
                    await asyncio.sleep(TICK_MS / 1000)
            self._stirred.set()

    async def _watch_one(self, watched: tuple[int, int]) -> None:
        """Returns when another directory, or none, has taken the place of this one."""
        async for changes in awatch(
            self._root,
            watch_filter=None,
            step=STEP_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            if _identity(self._root) != watched:
                return
            for change, file in changes:
                self._event = {
                    "lastEventKind": _EVENTS[change],
                    "lastEventName": file.removeprefix(f"{self._root}/"),
                    "lastEventAt": shown(time.time()),
                }
            self._stirred.set()

    def _read(self, wanted: frozenset[Path]) -> None:
        gone = _identity(self._root) is None
        if gone and not self._gone:
            log.warning("%s is gone; the addresses last read from it stay in use", self)
        if self._gone and not gone:
            log.info("%s is back", self)
        self._gone = gone
        self._seen = {path: self._look(path, self._seen.get(path)) for path in wanted}

    def _look(self, path: Path, before: _Seen | None) -> _Seen:
        try:
            if self._gone:
                raise FileNotFoundError(errno.ENOTDIR, "no such directory", self._shown)
            return self._look_at_file(path, before)
        except OSError as error:
            if before is not None and not isinstance(before.answer, Broken):
                return _Seen(before.answer)
            return _Seen(Broken(f"{os.fsdecode(error.filename)}: {error.strerror}"))

    def _look_at_file(self, path: Path, before: _Seen | None) -> _Seen:
        segments = path.drop(len(self._prefix)).segments
        found = _find(os.fsencode(self._root), segments)
        if found is None:
            return _Seen(Missing())
        file, depth, status = found
        mark = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if before is not None and before.mark == mark:
            return before
        consumed = Path(segments[:depth])
        addr = read_addresses(_content(file), f"{self._shown}{consumed}")
        racy = time.time_ns() - status.st_mtime_ns < RACY_NS
        bound = Bound(self._prefix + consumed, addr, Path(segments[depth:]))
        return _Seen(bound, () if racy else mark)

    def __str__(self) -> str:
        return f"rootDir {self._shown!r} of {self._prefix}"


def _identity(directory: str) -> tuple[int, int] | None:
    try:
        status = os.stat(directory)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None


def _find(root: bytes, segments: Sequence[bytes]) -> tuple[bytes, int, os.stat_result] | None:
    """The file that the first segments lead to, and how many those are. Never leaves ``root``."""
    place = root
    for depth, segment in enumerate(segments, 1):
        if segment in (b".", b"..") or b"/" in segment or b"\0" in segment:
            return None
        place += b"/" + segment
        try:
            status = os.stat(place)
        except OSError as error:
            if error.errno in _NO_SUCH_FILE:
                return None
            raise
        if stat.S_ISREG(status.st_mode):
            return place, depth, status
        if not stat.S_ISDIR(status.st_mode):
            return None
    return None


def _content(file: bytes) -> bytes:
    with open(file, "rb") as opened:
        return opened.read(MAX_BYTES + 1)

"""Dtabs in files of their own, as they are edited: of a bad edit the last good one is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from clew.errors import ClewError
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError
from clew.mesh.serve.complaints import LAST_GOOD_STAYS, Complaints, Refused

POLL_SECONDS = 0.3
"""Files are looked at, not watched: what a path links to may change elsewhere, as in Kubernetes."""


class BadDtabFile(ClewError):
    """A file that cannot be read, or holds no dtab."""


class DtabFiles:
    """What the files hold. ``on_change`` is called when ``dtabs`` is another mapping."""

    def __init__(
        self, on_change: Callable[[], None], refused: Refused = lambda _, __: None
    ) -> None:
        """``refused`` may be called from another thread."""
        self.dtabs: Mapping[str, Dtab] = {}
        """By path; a file that has never been read is not in it."""
        self._on_change = on_change
        self._complaints = Complaints(refused)
        self._files: frozenset[str] = frozenset()

    def use(self, files: frozenset[str]) -> None:
        """These from now on. They are read at once."""
        self._files = files
        self._complaints.only(files)
        self.dtabs = self._read(files)

    async def follow(self) -> None:
        """Take edited files, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._files:  # else no thread need wake for it
                await self.look()

    async def look(self) -> None:
        """Take files that were edited since."""
        files = self._files
        dtabs = await asyncio.to_thread(self._read, files)
        if dtabs != self.dtabs and files is self._files:
            self.dtabs = dtabs
            self._on_change()

    def _read(self, files: frozenset[str]) -> dict[str, Dtab]:
        dtabs = {path: dtab for path, dtab in self.dtabs.items() if path in files}
        for path in sorted(files):
            try:
                dtabs[path] = read_dtab(path)
                self._complaints.mended(path)
            except BadDtabFile as error:
                kept = path in dtabs
                then = LAST_GOOD_STAYS if kept else "requests wait until it can be read"
                self._complaints.about(path, error.message, then)
        return dtabs


def read_dtab(path: str) -> Dtab:
    """What a file holds. Raises BadDtabFile."""
    try:
        return Dtab.read(Path(path).read_text(encoding="utf-8"))
    except ParseError as error:
        raise BadDtabFile(f"{path}:{error.line + 1}: {error.in_line}") from error
    except OSError as error:
        raise BadDtabFile(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadDtabFile(f"{path} is not UTF-8 text: {error.reason}") from error

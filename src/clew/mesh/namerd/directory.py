"""io.clew.fs: a file for each namespace, which may be edited by hand too."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from watchfiles import awatch

from clew.errors import ClewError
from clew.mesh.namerd.storage import (
    Dtabs,
    NamespaceExists,
    NoSuchNamespace,
    StorageRefused,
    Stored,
    check,
)
from clew.mesh.naming.dtab import Dtab
from clew.mesh.serve.complaints import LAST_GOOD_STAYS, Complaints
from clew.mesh.serve.dtab_files import BadDtabFile, read_dtab
from clew.mesh.serve.linker_file import DEBOUNCE_MS, STEP_MS

log = logging.getLogger(__name__)

SUFFIX = ".dtab"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""Namespaces that can be names of files."""
RECHECK_MS = 2000
"""Without an event the directory is looked at this often."""


class NoSuchDirectory(ClewError):
    """The directory of the file is not there."""


class Directory:
    """``<namespace>.dtab`` in a directory. Of a bad edit the last good dtab is kept."""

    def __init__(self, directory: str) -> None:
        """Raises NoSuchDirectory."""
        self._directory = Path(directory)
        if not self._directory.is_dir():
            raise NoSuchDirectory(
                f"storage.directory: '{directory}' is not a directory",
                f"create it, or correct the path; it is looked for from {os.getcwd()}",
            )
        self._complaints = Complaints()
        self._dtabs: Dtabs = {}
        self._dtabs = self._read()
        self._on_change: Callable[[], None] = lambda: None
        self._turn = asyncio.Lock()
        """One change at a time, and no reading meanwhile."""

    @property
    def dtabs(self) -> Dtabs:
        return self._dtabs

    async def run(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        while True:
            try:
                async for _ in awatch(
                    self._directory,
                    recursive=False,
                    debounce=DEBOUNCE_MS,
                    step=STEP_MS,
                    rust_timeout=RECHECK_MS,
                    yield_on_timeout=True,
                ):
                    await self.look()
            except (OSError, RuntimeError) as error:
                log.warning("%s cannot be watched: %s", self._directory, error)
                await asyncio.sleep(RECHECK_MS / 1000)

    async def look(self) -> None:
        """Take what was edited since."""
        async with self._turn:
            self._use(await asyncio.to_thread(self._read))

    async def create(self, namespace: str, dtab: Dtab) -> None:
        async with self._turn:
            await asyncio.to_thread(self._write, namespace, dtab, new=True)
            self._use(await asyncio.to_thread(self._read))

    async def update(self, namespace: str, dtab: Dtab, version: str | None) -> None:
        async with self._turn:
            # an edit by hand may be there that no event has told of
            check(await asyncio.to_thread(self._read), namespace, version)
            await asyncio.to_thread(self._write, namespace, dtab, new=False)
            self._use(await asyncio.to_thread(self._read))

    async def delete(self, namespace: str) -> None:
        async with self._turn:
            await asyncio.to_thread(self._remove, namespace)
            self._use(await asyncio.to_thread(self._read))

    def _use(self, dtabs: Dtabs) -> None:
        if dtabs != self._dtabs:
            self._dtabs = dtabs
            self._on_change()

    def _read(self) -> Dtabs:
        """Every file; where one cannot be read, what was in it before, if anything."""
        try:
            files = sorted(self._directory.glob(f"*{SUFFIX}"))
        except OSError:
            return self._dtabs
        if not files and not self._directory.is_dir():
            gone = f"{self._directory} is gone"
            self._complaints.about(str(self._directory), gone, "the last dtabs stay")
            return self._dtabs
        self._complaints.only(list(map(str, files)))
        dtabs = {}
        for file in files:
            namespace = file.name.removesuffix(SUFFIX)
            if not _NAME.fullmatch(namespace):
                continue
            try:
                dtabs[namespace] = Stored.of(read_dtab(str(file)))
                self._complaints.mended(str(file))
            except BadDtabFile as error:
                kept = namespace in self._dtabs
                then = LAST_GOOD_STAYS if kept else "there is no such dtab until then"
                self._complaints.about(str(file), error.message, then)
                if kept:
                    dtabs[namespace] = self._dtabs[namespace]
        return dtabs

    def _write(self, namespace: str, dtab: Dtab, *, new: bool) -> None:
        """Whole or not at all. Raises NamespaceExists when it is to be ``new``."""
        target = self._file(namespace)
        text = "".join(f"{dentry.exact} ;\n".replace("=>", " => ", 1) for dentry in dtab.dentries)
        try:
            handle, draft = tempfile.mkstemp(dir=self._directory, prefix=".", suffix=".draft")
            try:
                with open(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(draft, 0o644)
                if new:
                    os.link(draft, target)
                else:
                    os.replace(draft, target)
            finally:
                Path(draft).unlink(missing_ok=True)
        except FileExistsError as error:
            raise NamespaceExists(namespace) from error
        except OSError as error:
            raise _not_written(target, error) from error

    def _remove(self, namespace: str) -> None:
        target = self._file(namespace)
        try:
            target.unlink()
        except FileNotFoundError as error:
            raise NoSuchNamespace(namespace) from error
        except OSError as error:
            raise _not_written(target, error) from error

    def _file(self, namespace: str) -> Path:
        if not _NAME.fullmatch(namespace):
            raise StorageRefused(
                f"'{namespace}' cannot be the name of a file", "use letters, digits, '-' and '_'"
            )
        return self._directory / f"{namespace}{SUFFIX}"


def _not_written(file: Path, error: OSError) -> StorageRefused:
    return StorageRefused(f"{file} cannot be written: {error.strerror or error}")

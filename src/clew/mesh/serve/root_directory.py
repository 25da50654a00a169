"""io.clew.fs: the roots of the authority in a directory that all meshes share."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clew.mesh.authority.root import AuthorityError
from clew.mesh.serve.root_store import Stored

FILE, LOCK = "authority.pem", "authority.lock"
POLL_SECONDS = 1.0
"""The file is looked at, not watched: the directory may be of another node."""
_OTHERS = 0o077
"""The rights of everyone but the owner."""


class RootDirectory:
    """One file in it, written whole or not at all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / FILE

    @property
    def place(self) -> str:
        return str(self._file)

    async def read(self) -> Stored | None:
        return await asyncio.to_thread(self._read)

    async def write(self, text: bytes, before: Stored | None) -> None:
        await asyncio.to_thread(self._write, text, before)

    async def changed(self) -> None:
        await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> None:
        pass

    def _read(self) -> Stored | None:
        with _told(self._directory, "read"):
            if not self._directory.exists():
                return None
            if not self._directory.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            _check_private(self._directory, "700")
            if not self._file.exists():
                return None
            _check_private(self._file, "600")
            text = self._file.read_bytes()
        return Stored(text, hashlib.blake2b(text, digest_size=16).hexdigest())

    def _write(self, text: bytes, before: Stored | None) -> None:
        with _told(self._directory, "written"):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                if self._read() == before:
                    self._replace(text)

    def _replace(self, text: bytes) -> None:
        handle, draft = tempfile.mkstemp(dir=self._directory, prefix=".", suffix=".draft")
        try:
            with open(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._file)
        finally:
            Path(draft).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Against other meshes."""
        handle = os.open(self._directory / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def authority_directory(given: str | None, environment: Mapping[str, str]) -> Path:
    """That of the file, or the user's own. Raises AuthorityError."""
    if given is not None:
        return Path(given)
    data = environment.get("XDG_DATA_HOME", "")
    home = environment.get("HOME", "")
    if not data and not home:
        raise AuthorityError(
            "authority: there is no home directory to keep it in", "set dir of authority"
        )
    return (Path(data) if data else Path(home, ".local", "share")) / "clew" / "authority"


def _check_private(path: Path, mode: str) -> None:
    """Raises AuthorityError."""
    allowed = path.stat().st_mode & 0o777
    if allowed & _OTHERS:
        raise AuthorityError(
            f"{path} may be read or written by others than its owner (mode {allowed:o})",
            f"chmod {mode} {path}; if others have read it, delete it, so that a new authority is "
            "made",
        )


@contextmanager
def _told(directory: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AuthorityError(
            f"the authority in {directory} cannot be {verb}: {error.strerror or error}",
            "dir of authority must be a directory of the user who runs the mesh",
        ) from error

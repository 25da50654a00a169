"""Directories that go with their process, also when it is killed: the next one sweeps them away."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"
"""Locked for as long as the process lives, however it ends."""


@contextmanager
def scratch(kind: str, parent: Path | None = None) -> Iterator[Path]:
    """A private directory ``clew-KIND-…``, in ``parent`` or else where temporary files are.

    Those of the same kind and user whose process is gone are removed first.
    """
    where = parent or Path(tempfile.gettempdir())
    prefix = f"clew-{kind}-"
    _sweep(where, prefix)
    # under a name that nobody sweeps until it is locked
    draft = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=where))  # mode 0700
    lock = os.open(draft / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = draft.rename(draft.with_name(draft.name.removeprefix(".")))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
    finally:
        os.close(lock)


def _sweep(where: Path, prefix: str) -> None:
    for directory in where.glob(f"{prefix}*"):
        try:
            if _is_own(directory):
                _remove_stale(directory)
        except OSError:
            continue  # another sweeps it, or has just ended


def _is_own(directory: Path) -> bool:
    """Not a link, and no directory into which another user could have put things."""
    found = directory.lstat()
    # volumes of pods hand down their group, which sets a bit above these
    private = stat.S_ISDIR(found.st_mode) and found.st_mode & 0o777 == 0o700
    return private and found.st_uid == os.geteuid()


def _remove_stale(directory: Path) -> None:
    """Raises BlockingIOError where its process lives, and FileNotFoundError where nobody locked."""
    lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)
    finally:
        os.close(lock)

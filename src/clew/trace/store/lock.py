"""A directory for one process at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from clew.errors import ClewError


class StoreLocked(ClewError):
    """Another process has the data directory open."""


def hold(directory: Path) -> int:
    """Hold ``directory`` for this process, until the number that this returns is closed."""
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreLocked(
            f"{directory}: another process has this store open",
            "stop the other `clew traces`, or give this one another directory",
        ) from error
    return lock

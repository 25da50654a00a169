"""The run directory: private, held by one mesh, with the unix sockets that join it to its Envoy."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from clew.errors import ClewError
from clew.scratch import scratch

# sockaddr_un.sun_path holds 108 bytes, the last of them a zero (unix(7))
LONGEST_PATH = 107


class RunDirError(ClewError):
    """The run directory cannot be used."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the sockets of one mesh are. Raises RunDirError when the paths are too long."""

    run_dir: Path

    def __post_init__(self) -> None:
        longest = max(len(os.fsencode(path)) for path in self)
        if longest > LONGEST_PATH:
            raise RunDirError(
                f"{self.run_dir}: a unix socket in it would have a path of {longest} bytes, "
                f"and the system takes at most {LONGEST_PATH}",
                hint="give a shorter --run-dir",
            )

    @property
    def xds(self) -> Path:
        """Our control plane: Envoy asks here (gRPC)."""
        return self.run_dir / "xds.sock"

    @property
    def spans(self) -> Path:
        """Our relay: Envoy posts its spans here."""
        return self.run_dir / "spans.sock"

    @property
    def context(self) -> Path:
        """Our control plane: Envoy asks here for what a diagnostic ``TRACE`` is told."""
        return self.run_dir / "trace.sock"

    @property
    def admin(self) -> Path:
        """Envoy's own admin interface."""
        return self.run_dir / "admin.sock"

    @property
    def latencies(self) -> Path:
        """A named pipe: Envoy writes how long each attempt took, where that is asked for."""
        return self.run_dir / "latencies"

    def __iter__(self) -> Iterator[Path]:
        return iter((self.xds, self.spans, self.context, self.admin, self.latencies))


@contextmanager
def claim_run_dir(
    run_dir: Path | None, environ: Mapping[str, str] = os.environ
) -> Iterator[Sockets]:
    """Hold ``run_dir`` for this process, made when missing; without one, a temporary directory.

    Sockets that a killed mesh left are removed, and so are its temporary directories.
    """
    if run_dir is None:
        with scratch("mesh", _runtime_dir(environ)) as made:
            yield Sockets(made)
        return
    path = run_dir.absolute()
    sockets = Sockets(path)
    _make_private(path)
    with _held(path):
        try:
            _remove(sockets)
            yield sockets
        finally:
            _remove(sockets)


def _runtime_dir(environ: Mapping[str, str]) -> Path | None:
    """Where sockets belong; None where there is no such place."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) if runtime and os.access(runtime, os.W_OK | os.X_OK) else None


def _make_private(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise _unusable(path, error) from error
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        # never chmod what we did not make: it may be somebody's /tmp
        raise RunDirError(
            f"{path}: other users may enter it, and whoever can reach the sockets in it "
            "controls the mesh",
            hint=f"chmod 700 {path} as its owner, or give a --run-dir that does not exist yet",
        )


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """An exclusive lock that ends with the process, however it ends."""
    with _open_lock(path / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip()
            raise RunDirError(
                f"{path}: another mesh runs on it (process {holder or 'unknown'})",
                hint="stop that one, or give another --run-dir",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _open_lock(path: Path) -> TextIO:
    try:
        return open(path, "a+", encoding="ascii")
    except OSError as error:
        raise _unusable(path.parent, error) from error


def _unusable(path: Path, error: OSError) -> RunDirError:
    return RunDirError(
        f"{path}: cannot be the run directory: {error.strerror}", hint="give another --run-dir"
    )


def _remove(sockets: Sockets) -> None:
    for path in sockets:
        path.unlink(missing_ok=True)

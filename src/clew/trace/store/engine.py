"""chDB: a whole ClickHouse inside this process, and the few ways in which we speak to it.

The engine allows one data directory a process and one process a directory. A connection may not be
used by two threads at once: with parameters it would answer one thread with another's values. Nor
may it be used after an error: what the failed query had written may come as the next answer.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from clew.errors import ClewError
from clew.trace.store import QueryTimeout, StoreRefused, StoreUnavailable

NARROW = "narrow it: a shorter time, a service, a tag"
"""What to do about a query that takes too much."""

_NO_PARAMETERS: Mapping[str, str | int] = {}
_CODE = re.compile(r"Code: (\d+)\.")
_TOO_MUCH = {"159": "took longer", "160": "would take longer", "241": "needs more memory"}
_BAD_ROWS = frozenset(
    # the engine's codes for data that it cannot read, convert or hold
    ("6", "27", "33", "49", "53", "69", "70", "117", "128", "131", "349", "691")
)


class StoreLocked(ClewError):
    """Another process has the data directory open."""


class EngineMissing(ClewError):
    """The embedded engine cannot run here."""


class Engine:
    """The embedded engine on one directory, from opening to :meth:`close`."""

    def __init__(self, directory: Path, *, mark_cache_bytes: int = 256 << 20) -> None:
        self._chdb = _import_engine()
        self._connecting = threading.Lock()
        if "?" in str(directory):
            raise ClewError(f"{directory}: the engine takes no directory with '?' in its name")
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _lock(directory)
        except OSError as error:
            raise StoreUnavailable(
                f"{directory}: {error.strerror}", "give a directory that can be written to"
            ) from error
        self._address = f"{directory.resolve()}?mark_cache_size={mark_cache_bytes}"
        try:
            # the engine lives as long as any connection; this one keeps it
            self._keeper = self._chdb.connect(self._address)
            self.version: str = (
                self._keeper.query("SELECT version()", "TSV").bytes().decode().strip()
            )
        except RuntimeError as error:
            os.close(self._lock)
            raise StoreUnavailable(f"{directory}: the store does not open: {error}") from error

    def session(self, settings: Mapping[str, str | int], database: str) -> Session:
        """A new connection that uses ``database`` with ``settings``."""
        with self._connecting, _translated():
            session = Session(self._chdb.connect(self._address))
        for name, value in settings.items():
            session.run(f"SET {name} = {literal(value)}")
        session.run(f"USE {database}")
        return session

    def run(self, sql: str) -> None:
        """Run one statement outside of any database."""
        Session(self._keeper).run(sql)

    def close(self) -> None:
        """Stop the engine and let another process have the directory."""
        self._keeper.close()
        os.close(self._lock)


class Session:
    """One connection, for one thread at a time."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """Run one statement that answers nothing."""
        with _translated():
            self._connection.query(sql, "Null")

    def read(self, sql: str, parameters: Mapping[str, str | int] = _NO_PARAMETERS) -> pa.Table:
        """The answer to one query; ``{name:Type}`` in it stands for a parameter."""
        values = {name: _parameter(value) for name, value in parameters.items()}
        with _translated():
            answer = self._connection.query(sql, "ArrowStream", params=values)
            return pa.ipc.open_stream(answer.bytes()).read_all()

    def insert(self, statement: str, table: pa.Table) -> None:
        """Send ``table`` to an INSERT statement that ends before its data; committed on return."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        with _translated(), self._connection.send_insert(statement, "ArrowStream") as inserter:
            inserter.append(memoryview(sink.getvalue()))
            inserter.finish()

    def close(self) -> None:
        """Give the connection back to the engine."""
        self._connection.close()


class Pool:
    """At most ``size`` sessions at a time; who needs one more waits for one to come back."""

    def __init__(
        self, engine: Engine, size: int, settings: Mapping[str, str | int], database: str
    ) -> None:
        self._engine, self._settings, self._database = engine, settings, database
        self._free: queue.LifoQueue[Session | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)
        self._size = size

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session that nobody else uses meanwhile.

        One that failed is not used again: its next answer may be the rest of the failed one's.
        """
        session = self._free.get()
        try:
            if session is None:
                session = self._engine.session(self._settings, self._database)
            yield session
        except BaseException:
            if session is not None:
                session.close()
            session = None
            raise
        finally:
            self._free.put(session)

    def close(self) -> None:
        """Wait for every session to come back, and close it."""
        for _ in range(self._size):
            session = self._free.get()
            if session is not None:
                session.close()


def literal(value: str | int) -> str:
    """``value`` as ClickHouse reads it inside a statement."""
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _parameter(value: str | int) -> str:
    """``value`` as the engine reads a parameter: as a field of tab-separated text."""
    if isinstance(value, int):
        return str(value)
    for character, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(character, escape)
    return value.replace("\0", "\\0").encode("utf-8", "replace").decode()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        match = _CODE.search(text)
        code = match[1] if match else ""
        if code in _BAD_ROWS:
            raise StoreRefused(text) from error
        if what := _TOO_MUCH.get(code):
            raise QueryTimeout(f"the query {what} than it may", NARROW) from error
        raise StoreUnavailable(f"the store did not answer: {text}") from error


def _import_engine() -> Any:
    try:
        import chdb
    except ImportError as error:
        raise _missing() from error
    # where it has no wheel, pip installs an empty package of the same name
    if not hasattr(chdb, "connect"):
        raise _missing()
    return chdb


def _missing() -> EngineMissing:
    return EngineMissing(
        "the embedded store (package chdb-core) has no engine for this platform",
        "use Linux with glibc (x86_64, aarch64) or macOS; Alpine and Windows have none",
    )


def _lock(directory: Path) -> int:
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


class _Connection(Protocol):
    """The part of chDB's connection that we use; chDB is shipped without types."""

    def query(self, query: str, format: str, params: Mapping[str, str] | None = None) -> Any: ...

    def send_insert(self, query: str, format: str) -> Any: ...

    def close(self) -> None: ...

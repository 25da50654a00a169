"""chDB: a whole ClickHouse inside this process, and the few ways in which we speak to it.

The engine allows one data directory a process and one process a directory. A connection may not be
used by two threads at once: with parameters it would answer one thread with another's values. Nor
may it be used after an error: what the failed query had written may come as the next answer.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from clew.errors import ClewError
from clew.trace.store import StoreUnavailable
from clew.trace.store.engine import NO_PARAMETERS, literal, problem
from clew.trace.store.layout import Layout
from clew.trace.store.lock import hold

_CODE = re.compile(r"Code: (\d+)\.")


class EngineMissing(ClewError):
    """The embedded engine cannot run here."""


class EmbeddedEngine:
    """The embedded engine on one directory, from opening to :meth:`close`."""

    def __init__(self, directory: Path, *, mark_cache_bytes: int = 256 << 20) -> None:
        self._chdb = _import_engine()
        self._connecting = threading.Lock()
        if "?" in str(directory):
            raise ClewError(f"{directory}: the engine takes no directory with '?' in its name")
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = hold(directory)
        except OSError as error:
            raise StoreUnavailable(
                f"{directory}: {error.strerror}", "give a directory that can be written to"
            ) from error
        self._address = f"{directory.resolve()}?mark_cache_size={mark_cache_bytes}"
        try:
            # the engine lives as long as any connection; this one keeps it
            self._keeper = self._chdb.connect(self._address)
            version = self._keeper.query("SELECT version()", "TSV").bytes().decode().strip()
        except RuntimeError as error:
            os.close(self._lock)
            raise StoreUnavailable(f"{directory}: the store does not open: {error}") from error
        self.name = f"ClickHouse {version} (embedded)"
        self.layout = Layout()

    def session(self, settings: Mapping[str, str | int], database: str) -> _Session:
        """See :class:`~clew.trace.store.engine.Engine`."""
        with self._connecting, _translated():
            session = _Session(self._chdb.connect(self._address))
        for name, value in settings.items():
            session.run(f"SET {name} = {literal(value)}")
        if database:
            session.run(f"USE {database}")
        return session

    def define(self, *statements: str, database: str = "") -> None:
        """See :class:`~clew.trace.store.engine.Engine`."""
        session = self.session({}, database)
        try:
            for statement in statements:
                session.run(statement)
        finally:
            session.close()

    def close(self) -> None:
        """Stop the engine and let another process have the directory."""
        self._keeper.close()
        os.close(self._lock)


class _Session:
    """See :class:`~clew.trace.store.engine.Session`."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        with _translated():
            self._connection.query(sql, "Null")

    def read(self, sql: str, parameters: Mapping[str, str | int] = NO_PARAMETERS) -> pa.Table:
        """See :class:`~clew.trace.store.engine.Session`."""
        values = {name: _parameter(value) for name, value in parameters.items()}
        with _translated():
            answer = self._connection.query(sql, "ArrowStream", params=values)
            return pa.ipc.open_stream(answer.bytes()).read_all()

    def insert(self, statement: str, table: pa.Table) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        with _translated(), self._connection.send_insert(statement, "ArrowStream") as inserter:
            inserter.append(memoryview(sink.getvalue()))
            inserter.finish()

    def close(self) -> None:
        """Give the connection back to the engine."""
        self._connection.close()


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
        raise problem(int(match[1]) if match else 0, text) from error


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


class _Connection(Protocol):
    """The part of chDB's connection that we use; chDB is shipped without types."""

    def query(self, query: str, format: str, params: Mapping[str, str] | None = None) -> Any: ...

    def send_insert(self, query: str, format: str) -> Any: ...

    def close(self) -> None: ...

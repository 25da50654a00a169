"""What the store needs of a ClickHouse, wherever it runs.

:mod:`clew.trace.store.embedded` has one in this process, :mod:`clew.trace.store.server` speaks
to one.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator, Mapping
from typing import Protocol

import pyarrow as pa

from clew.trace.store import QueryTimeout, StoreRefused, StoreUnavailable
from clew.trace.store.layout import Layout

NARROW = "narrow it: a shorter time, a service, a tag"
"""What to do about a query that takes too much."""

NO_PARAMETERS: Mapping[str, str | int] = {}
_TOO_MUCH = {159: "took longer", 160: "would take longer", 241: "needs more memory"}
_BAD_ROWS = frozenset(
    # the engine's codes for data that it cannot read, convert or hold
    (6, 27, 33, 49, 53, 69, 70, 117, 128, 131, 349, 691)
)


class Session(Protocol):
    """One connection, for one thread at a time."""

    def run(self, sql: str) -> None:
        """Run one statement that answers nothing."""
        ...

    def read(self, sql: str, parameters: Mapping[str, str | int] = NO_PARAMETERS) -> pa.Table:
        """The answer to one query; ``{name:Type}`` in it stands for a parameter."""
        ...

    def insert(self, statement: str, table: pa.Table) -> None:
        """Send ``table`` to an INSERT statement that ends before its data; committed on return."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Engine(Protocol):
    """A ClickHouse, from opening to :meth:`close`."""

    @property
    def name(self) -> str:
        """What it is, for people: version and place."""
        ...

    @property
    def layout(self) -> Layout:
        """How its tables are laid out."""
        ...

    def session(self, settings: Mapping[str, str | int], database: str) -> Session:
        """A new connection that uses ``database`` with ``settings``."""
        ...

    def define(self, *statements: str, database: str = "") -> None:
        """Run what makes or drops things, wherever its tables are; ``database`` may be none."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


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


def problem(code: int, text: str) -> Exception:
    """An error of the engine as ours; ``code`` is ClickHouse's, 0 when it has none."""
    if code in _BAD_ROWS:
        return StoreRefused(text)
    if what := _TOO_MUCH.get(code):
        return QueryTimeout(f"the query {what} than it may", NARROW)
    return StoreUnavailable(f"the store did not answer: {text}")

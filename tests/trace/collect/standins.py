"""A store whose moods a test decides, and small helpers around the collector."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pyarrow as pa

from clew.trace.store import StoreUnavailable


class MoodyStore:
    """Keeps rows by token; fails as often as it is told to before that."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        """Raised by the next inserts, one each."""
        self.tokens: list[str] = []
        """Of every insert that was taken, in order."""
        self.rows: dict[str, pa.Table] = {}
        self.away = threading.Event()
        """While it is set, every insert raises StoreUnavailable."""
        self.tries = 0

    def insert(self, table: pa.Table, token: str) -> None:
        self.tries += 1
        if self.away.is_set():
            raise StoreUnavailable("the store is away")
        if self.errors:
            raise self.errors.pop(0)
        self.tokens.append(token)
        self.rows.setdefault(token, table)

    @property
    def ids(self) -> list[int]:
        """The span ids of all rows, in the order of insertion."""
        return [id for table in self.rows.values() for id in table["id"].to_pylist()]


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``; the test's own timeout ends the waiting."""
    while not condition():
        time.sleep(0.005)

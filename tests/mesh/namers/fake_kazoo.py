"""A tree of nodes with kazoo's calls. Answers and watches come from another thread, as kazoo's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kazoo.exceptions import ConnectionLoss, NoNodeError

Watch = Callable[[object], None]


@dataclass
class Result:
    """kazoo's AsyncResult, there at once."""

    value: Any = None
    error: Exception | None = None

    def rawlink(self, callback: Callable[[Result], None]) -> None:
        threading.Thread(target=callback, args=(self,)).start()

    def get(self, block: bool) -> Any:
        assert not block
        if self.error is not None:
            raise self.error
        return self.value


@dataclass
class FakeKazoo:
    """The server, and the client of it."""

    nodes: dict[str, bytes] = field(default_factory=dict)
    lost: bool = False
    """Whether every call fails."""
    calls: list[str] = field(default_factory=list)
    stopped: int = 0
    _watches: dict[str, set[Watch]] = field(default_factory=dict)
    _listeners: list[Callable[[str], None]] = field(default_factory=list)

    def __call__(self, **_: object) -> FakeKazoo:
        """A new client."""
        return self

    def add_listener(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[str], None]) -> None:
        self._listeners.remove(listener)

    def start_async(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.lost = False
        for listener in self._listeners:
            listener("CONNECTED")

    def disconnect(self, state: str) -> None:
        self.lost = True
        for listener in self._listeners:
            listener(state)

    def stop(self) -> None:
        self.stopped += 1

    def close(self) -> None:
        assert self.stopped

    def get_children_async(self, node: str, watch: Watch) -> Result:
        if node not in self.nodes or self.lost:
            return self._missing(node)
        self._watch(f"children {node}", watch)
        begin = f"{node}/"
        return Result([each.removeprefix(begin) for each in self.nodes if each.startswith(begin)])

    def exists_async(self, node: str, watch: Watch) -> Result:
        self._watch(node, watch)
        return Result(object() if node in self.nodes else None)

    def get_async(self, node: str, watch: Watch) -> Result:
        if node not in self.nodes or self.lost:
            return self._missing(node)
        self._watch(node, watch)
        return Result((self.nodes[node], object()))

    def set(self, node: str, content: bytes) -> None:
        new = node not in self.nodes
        self.nodes[node] = content
        self._changed(node)
        if new:
            self._changed(f"children {node.rpartition('/')[0]}")

    def delete(self, node: str) -> None:
        del self.nodes[node]
        self._changed(node)
        self._changed(f"children {node}")
        self._changed(f"children {node.rpartition('/')[0]}")

    def _missing(self, node: str) -> Result:
        self.calls.append(node)
        return Result(error=ConnectionLoss() if self.lost else NoNodeError())

    def _watch(self, what: str, watch: Watch) -> None:
        self.calls.append(what)
        self._watches.setdefault(what, set()).add(watch)

    def _changed(self, what: str) -> None:
        for watch in self._watches.pop(what, ()):
            watch(object())

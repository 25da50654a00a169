"""io.l5d.inMemory: dtabs that are forgotten when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from clew.mesh.namerd.storage import Dtabs, NamespaceExists, NoSuchNamespace, Stored, check
from clew.mesh.naming.dtab import Dtab


class InMemory:
    """Begins with the namespaces of the file."""

    def __init__(self, namespaces: Mapping[str, Dtab]) -> None:
        self._dtabs = {name: Stored.of(dtab) for name, dtab in namespaces.items()}
        self._on_change: Callable[[], None] = lambda: None

    @property
    def dtabs(self) -> Dtabs:
        return self._dtabs

    async def run(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        await asyncio.Event().wait()

    async def create(self, namespace: str, dtab: Dtab) -> None:
        if namespace in self._dtabs:
            raise NamespaceExists(namespace)
        self._use({**self._dtabs, namespace: Stored.of(dtab)})

    async def update(self, namespace: str, dtab: Dtab, version: str | None) -> None:
        check(self._dtabs, namespace, version)
        self._use({**self._dtabs, namespace: Stored.of(dtab)})

    async def delete(self, namespace: str) -> None:
        if namespace not in self._dtabs:
            raise NoSuchNamespace(namespace)
        self._use({name: each for name, each in self._dtabs.items() if name != namespace})

    def _use(self, dtabs: dict[str, Stored]) -> None:
        self._dtabs = dtabs
        self._on_change()

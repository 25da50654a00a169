"""The rules of io.l5d.ingress identifiers, as Ingress resources are edited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.linker import Linker
from clew.mesh.namers.k8s.ingresses import Ingress, rules_of
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.watched import Place, Watched
from clew.mesh.naming.ingress import Rules
from clew.mesh.xds.ingress import ingress_identifiers

log = logging.getLogger(__name__)

FIRST_SECONDS = 5.0
"""How long an edit of the linker file waits for the rules of new identifiers."""


class Ingresses:
    """The rules by identifier. ``on_change`` is called when ``rules`` is another mapping."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.rules: Mapping[IngressIdentifier, Rules] = {}
        """Those that have never been read are not in it."""
        self._on_change = on_change
        self._identifiers: frozenset[IngressIdentifier] = frozenset()
        self._told: frozenset[str] = frozenset()
        self._complete = asyncio.Event()
        self._watched = Watched(self._look)

    def use(self, *linkers: Linker) -> None:
        """Their identifiers from now on."""
        self._identifiers = frozenset(
            identifier
            for linker in linkers
            for router in linker.routers
            for _, identifier in ingress_identifiers(router)
        )
        self._watched.use(frozenset(map(_place, self._identifiers)))
        self._look()

    async def wait(self) -> None:
        """Until all rules are known, or it has taken too long."""
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                await self._complete.wait()
        except TimeoutError:
            log.warning("Ingresses have not been read yet; until then their routers do not listen")

    async def stop(self) -> None:
        """End every watch."""
        await self._watched.stop()

    def _look(self) -> None:
        rules = {
            identifier: rules_of(
                self._ingresses(identifier),
                identifier.ingress_class_annotation,
                defaults=not identifier.ignore_default_backends,
            )
            for identifier in self._identifiers
            if self._watched.view(_place(identifier)).synced
        }
        self._tell_unusable()
        if rules.keys() == self._identifiers:
            self._complete.set()
        else:
            self._complete.clear()
        if rules != self.rules:
            self.rules = rules
            self._on_change()

    def _ingresses(self, identifier: IngressIdentifier) -> Iterator[Ingress]:
        for kept in self._watched.view(_place(identifier)).objects.values():
            yield from (each for each in kept if isinstance(each, Ingress))

    def _tell_unusable(self) -> None:
        """In the log, once."""
        told = frozenset(
            f"Ingress {ingress.namespace}/{ingress.name}: {what}"
            for identifier in self._identifiers
            for ingress in self._ingresses(identifier)
            if ingress.class_name in ("", identifier.ingress_class_annotation)
            for what in ingress.unusable
        )
        for what in sorted(told - self._told):
            log.warning("%s", what)
        self._told = told


def _place(identifier: IngressIdentifier) -> Place:
    collection = Collection(Kind.INGRESSES, identifier.namespace or "")
    return Place(identifier.host, identifier.port, collection)

"""The rules of io.l5d.ingress identifiers and the certificates of their hosts, as Ingress resources
and Secrets are edited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import Router
from clew.mesh.namers.k8s.ingress_tls import Claims, claims
from clew.mesh.namers.k8s.ingresses import Ingress, of_class, rules_of
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.watched import Place, Watched
from clew.mesh.naming.ingress import Rules
from clew.mesh.serve.complaints import Refused
from clew.mesh.serve.ingress_certificates import IngressCertificates
from clew.mesh.xds.ingress import ingress_identifiers
from clew.mesh.xds.ingress_tls import uses_ingress_tls

log = logging.getLogger(__name__)

FIRST_SECONDS = 5.0
"""How long an edit of the linker file waits for the rules of new identifiers."""


class Ingresses:
    """By identifier. ``on_change`` is called when ``rules`` or ``certificates`` are others."""

    def __init__(
        self, on_change: Callable[[], None], refused: Refused = lambda _, __: None
    ) -> None:
        """``refused`` is told of Secrets that cannot be used."""
        self.certificates = IngressCertificates(self._look_at_certificates, refused)
        self.rules: Mapping[IngressIdentifier, Rules] = {}
        """Those that have never been read are not in it."""
        self._on_change = on_change
        self._identifiers: frozenset[IngressIdentifier] = frozenset()
        self._shown: frozenset[IngressIdentifier] = frozenset()
        """Those of routers that show certificates of Ingresses."""
        self._told: frozenset[str] = frozenset()
        self._complete = asyncio.Event()
        self._watched = Watched(self._look)

    def use(self, *linkers: Linker) -> None:
        """Their identifiers from now on."""
        routers = [router for linker in linkers for router in linker.routers]
        self._identifiers = _identifiers(routers)
        self._shown = _identifiers(filter(uses_ingress_tls, routers))
        self._watched.use(frozenset(map(_place, self._identifiers)))
        self._look()

    async def wait(self) -> None:
        """Until all that is needed is known, or it has taken too long."""
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                await self._complete.wait()
        except TimeoutError:
            log.warning("Ingresses have not been read yet; until then their routers do not listen")

    async def stop(self) -> None:
        """End every watch."""
        await self._watched.stop()
        await self.certificates.stop()

    def _look(self) -> None:
        """At Ingresses."""
        read = [each for each in self._identifiers if self._watched.view(_place(each)).synced]
        rules = {
            identifier: rules_of(
                self._ingresses(identifier),
                identifier.ingress_class_annotation,
                defaults=not identifier.ignore_default_backends,
            )
            for identifier in read
        }
        claimed = {
            identifier: claims(self._ingresses(identifier), identifier.ingress_class_annotation)
            for identifier in self._shown.intersection(read)
        }
        self._tell_unusable(claimed.values())
        shown_otherwise = self.certificates.use(claimed)
        if rules != self.rules or shown_otherwise:
            self.rules = rules
            self._on_change()
        self._look_whether_complete()

    def _look_at_certificates(self) -> None:
        self._on_change()
        self._look_whether_complete()

    def _look_whether_complete(self) -> None:
        shown = self.certificates.by_identifier.keys()
        if self.rules.keys() == self._identifiers and shown == self._shown:
            self._complete.set()
        else:
            self._complete.clear()

    def _ingresses(self, identifier: IngressIdentifier) -> Iterator[Ingress]:
        for kept in self._watched.view(_place(identifier)).objects.values():
            yield from (each for each in kept if isinstance(each, Ingress))

    def _tell_unusable(self, claimed: Iterable[Claims]) -> None:
        """In the log, once."""
        told = frozenset(
            f"{ingress}: {what}"
            for identifier in self._identifiers
            for ingress in of_class(
                self._ingresses(identifier), identifier.ingress_class_annotation
            )
            for what in ingress.unusable
        ).union(*(each.unusable for each in claimed))
        for what in sorted(told - self._told):
            log.warning("%s", what)
        self._told = told


def _identifiers(routers: Iterable[Router]) -> frozenset[IngressIdentifier]:
    return frozenset(each for router in routers for _, each in ingress_identifiers(router))


def _place(identifier: IngressIdentifier) -> Place:
    collection = Collection(Kind.INGRESSES, identifier.namespace or "")
    return Place(identifier.host, identifier.port, collection)

"""io.l5d.k8s: an object of Kubernetes for each namespace, which may be edited by kubectl too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clew.errors import ClewError
from clew.mesh.config.section import is_kubernetes_name
from clew.mesh.namerd.dtab_text import Rule, dtab_of
from clew.mesh.namerd.storage import (
    Dtabs,
    NamespaceExists,
    NoSuchNamespace,
    Outdated,
    StorageRefused,
    Stored,
)
from clew.mesh.namers.k8s.api import Api, ApiError
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.namers.k8s.objects import DTab, read_dtab
from clew.mesh.namers.k8s.reflector import Delete, Item, Put
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError
from clew.mesh.serve.complaints import LAST_GOOD_STAYS, Complaints

TRIES = 5
"""To write over whatever is there, while others write too."""
_NOT_FOUND, _CONFLICT = 404, 409


class Kubernetes:
    """The DTabs in a namespace of Kubernetes. Of a bad edit the last good dtab is kept."""

    def __init__(self, new_api: Callable[[], Api], namespace: str) -> None:
        self._namespace = namespace
        self._collection = Collection(Kind.DTABS, namespace)
        self._mirror = Mirror(self._collection, new_api(), self._look)
        self._writing = new_api()
        self._turn = asyncio.Lock()
        """One change at a time, as the API is asked."""
        self._complaints = Complaints()
        self._dtabs: Dtabs = {}
        self._on_change: Callable[[], None] = lambda: None

    @property
    def dtabs(self) -> Dtabs | None:
        return self._dtabs if self._mirror.view.synced else None

    async def run(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        try:
            await self._mirror.run()
        finally:
            await self._writing.close()

    async def create(self, namespace: str, dtab: Dtab) -> None:
        _check_name(namespace)
        async with self._turn:
            with _saying({_CONFLICT: NamespaceExists(namespace)}):
                await self._create(namespace, dtab)

    async def update(self, namespace: str, dtab: Dtab, version: str | None) -> None:
        _check_name(namespace)
        async with self._turn:
            if version is None:
                await self._write_over(namespace, dtab)
                return
            gone, newer = NoSuchNamespace(namespace), Outdated(namespace)
            with _saying({_NOT_FOUND: gone, _CONFLICT: newer}):
                await self._replace(namespace, dtab, version)

    async def delete(self, namespace: str) -> None:
        _check_name(namespace)
        async with self._turn:
            with _saying({_NOT_FOUND: NoSuchNamespace(namespace)}):
                await self._writing.delete(self._collection, namespace)
            # no version: it was there, whichever it was
            self._mirror.learn(Delete(self._key(namespace), ""))

    async def _write_over(self, namespace: str, dtab: Dtab) -> None:
        """Whatever is there, while others may write too."""
        for tries_left in reversed(range(TRIES)):
            with _saying({_CONFLICT: None} if tries_left else {}):
                there = await self._version(namespace)
                if there is None:
                    await self._create(namespace, dtab)
                else:
                    await self._replace(namespace, dtab, there)
                return

    async def _version(self, namespace: str) -> str | None:
        """None when there is no such object. Raises ApiError."""
        try:
            return read_dtab(await self._writing.get(self._collection, namespace)).version
        except ApiError as error:
            if error.failure.status == _NOT_FOUND:
                return None
            raise

    async def _create(self, namespace: str, dtab: Dtab) -> None:
        """Raises ApiError."""
        document = self._document(namespace, dtab)
        self._learn(await self._writing.create(self._collection, document))

    async def _replace(self, namespace: str, dtab: Dtab, version: str) -> None:
        """Raises ApiError."""
        document = self._document(namespace, dtab, resourceVersion=version)
        self._learn(await self._writing.replace(self._collection, namespace, document))

    def _document(self, namespace: str, dtab: Dtab, **metadata: str) -> Mapping[str, Any]:
        return {
            "apiVersion": "l5d.io/v1alpha1",
            "kind": "DTab",
            "metadata": {"name": namespace, "namespace": self._namespace, **metadata},
            "dentries": dtab.document(exact=True),
        }

    def _learn(self, text: bytes) -> None:
        written = read_dtab(text)
        self._mirror.learn(Put(Item(self._key(written.name), written.version, written)))

    def _key(self, namespace: str) -> str:
        return f"{self._namespace}/{namespace}"

    def _look(self) -> None:
        dtabs = dict(self._stored())
        if dtabs != self._dtabs:
            self._dtabs = dtabs
            self._on_change()

    def _stored(self) -> Iterator[tuple[str, Stored]]:
        """Every object; where one makes no sense, what was in it before, if anything."""
        objects = self._mirror.view.objects
        self._complaints.only([self._place(name) for name in objects])
        for name, kept in sorted(objects.items()):
            before = self._dtabs.get(name)
            for each in kept:
                if not isinstance(each, DTab):
                    continue
                try:
                    yield name, _stored(each, before)
                    self._complaints.mended(self._place(name))
                except ParseError as error:
                    then = LAST_GOOD_STAYS if before else "there is no such dtab until then"
                    place = self._place(name)
                    self._complaints.about(place, f"{place}: {error.in_line}", then)
                    if before:
                        yield name, before

    def _place(self, name: str) -> str:
        return f"DTab {self._key(name)}"


def _stored(read: DTab, before: Stored | None) -> Stored:
    """What was read before stays as it is. Raises ParseError."""
    if before and before.version == read.version:
        return before
    return Stored(dtab_of(Rule(prefix, dst) for prefix, dst in read.dentries), read.version)


def _check_name(namespace: str) -> None:
    if not is_kubernetes_name(namespace):
        raise StorageRefused(
            f"'{namespace}' cannot be the name of an object in Kubernetes",
            "use lower-case letters, digits, '-' and '.'",
        )


@contextmanager
def _saying(errors: Mapping[int, ClewError | None]) -> Iterator[None]:
    """Raise what a refusal of the API means, by its status: None for nothing to tell."""
    try:
        yield
    except ApiError as error:
        status = error.failure.status
        if status not in errors:
            raise StorageRefused(f"it is not kept: {error}") from error
        if meaning := errors[status]:
            raise meaning from error

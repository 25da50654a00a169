"""Where dtabs are kept, by namespace: what every storage does, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from clew.errors import ClewError
from clew.mesh.naming.dtab import Dtab


class NoSuchNamespace(ClewError):
    """It is to be changed or removed, and is not there."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"there is no dtab '{namespace}'", "create it")


class NamespaceExists(ClewError):
    """It is to be created, and is there."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"there is a dtab '{namespace}' already", "update it")


class Outdated(ClewError):
    """It was changed by somebody else since it was read."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"the dtab '{namespace}' has another version by now", "get it once more")


class StorageRefused(ClewError):
    """The storage does not keep this, whatever the reason."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a namespace holds."""

    dtab: Dtab
    version: str
    """Another one for each content; printable ASCII."""

    @staticmethod
    def of(dtab: Dtab) -> Stored:
        """With a version that follows from the content."""
        digest = hashlib.blake2b(dtab.exact.encode(), digest_size=8).digest()
        return Stored(dtab, base64.urlsafe_b64encode(digest).decode())


Dtabs = Mapping[str, Stored]
"""By namespace."""


class Storage(Protocol):
    """A store of dtabs. Its changes raise the errors above, and are in ``dtabs`` on return."""

    @property
    def dtabs(self) -> Dtabs | None:
        """All that there are; None until they have been read. Another mapping after a change."""
        ...

    async def run(self, on_change: Callable[[], None]) -> None:
        """Watch until cancelled; ``on_change`` is called when ``dtabs`` is another mapping."""
        ...

    async def create(self, namespace: str, dtab: Dtab) -> None:
        """A namespace that is not there."""
        ...

    async def update(self, namespace: str, dtab: Dtab, version: str | None) -> None:
        """One that has this version; with None whatever is there, also nothing."""
        ...

    async def delete(self, namespace: str) -> None:
        """One that is there."""
        ...


def check(dtabs: Dtabs, namespace: str, version: str | None) -> None:
    """Raise what stands against an update: NoSuchNamespace or Outdated."""
    if version is None:
        return
    if namespace not in dtabs:
        raise NoSuchNamespace(namespace)
    if dtabs[namespace].version != version:
        raise Outdated(namespace)

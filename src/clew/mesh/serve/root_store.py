"""Where the roots of the authority are kept: what each such place can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from clew.mesh.authority.root import AuthorityError


class StoreAway(AuthorityError):
    """The place cannot be asked, or does not let us; that may change while the mesh runs."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept."""

    text: bytes = field(repr=False)
    """As :func:`clew.mesh.authority.root.write_roots` writes it; empty for nothing yet."""
    version: str
    """Another one for another text."""


class RootStore(Protocol):
    """One place for all meshes."""

    @property
    def place(self) -> str:
        """For messages."""

    async def read(self) -> Stored | None:
        """None when there is nothing. Raises AuthorityError."""

    async def write(self, text: bytes, before: Stored | None) -> None:
        """Unless there is something else than ``before`` by now: then another mesh was faster, and
        nothing is done. Raises AuthorityError."""

    async def changed(self) -> None:
        """Until there may be something else."""

    async def stop(self) -> None:
        """It is not used any more."""

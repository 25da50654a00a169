"""Discovery: the only code of the mesh that reads the world. One file per kind of namer.

A namer is asked for paths (``want``) and publishes what it knows as answers
(:mod:`clew.mesh.naming.answer`). An answer stays the last good one while the world cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.path import Path


class Namer(Protocol):
    """A source of answers for every path under its prefix."""

    @property
    def prefix(self) -> Path:
        """``/#/io.l5d.fs`` for ``prefix: /io.l5d.fs``."""
        ...

    def want(self, paths: frozenset[Path]) -> None:
        """From now on answer these paths (and no longer others). Returns at once."""
        ...

    def state(self) -> Document:
        """For operators: what is watched, how that goes, and what is known; a JSON document."""
        ...

    async def run(self, publish: Callable[[Answers], None]) -> None:
        """Watch until cancelled. Each ``publish`` carries all wanted paths.

        The first ``publish`` comes when the namer has read the world once.
        """
        ...

"""Names that a namerd binds: the table and the name, as one path that its namer answers."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path

_TABLE = "dtab="


def remote_root(label: str) -> Path:
    """Where the namerd of the router ``label`` answers; no dtab leads there."""
    return Path.of("%", "io.l5d.namerd.http", label)


@dataclass(frozen=True, slots=True)
class RemoteName:
    """A name, and the rules that come after those of the namespace."""

    dtab: Dtab
    name: Path

    def under(self, root: Path) -> Path:
        """``/%/io.l5d.namerd.http/outgoing/dtab=/svc/hello`` without rules."""
        return root + Path.of(f"{_TABLE}{self.dtab.exact}") + self.name

    @staticmethod
    def read(path: Path, root: Path) -> RemoteName:
        """What ``under`` has made."""
        table = path.segments[len(root)].decode().removeprefix(_TABLE)
        return RemoteName(Dtab.read(table), path.drop(len(root) + 1))

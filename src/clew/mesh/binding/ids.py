"""What transformers put in front of ids."""

from __future__ import annotations

from clew.mesh.naming.path import Path


def id_prefix(prefix: Path | None, *default: str) -> Path:
    """``/%`` and the prefix that the file gives, or else the kind and its parameters."""
    return Path.of("%") + (Path.of(*default) if prefix is None else prefix)

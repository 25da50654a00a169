"""What binding knows of a configured namer."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.binding.transformers import Transformer
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True)
class Rewrite:
    """``io.l5d.rewrite``: another name for what a pattern matches."""

    pattern: PathMatcher
    name: str
    """A path with the captures of the pattern in braces."""

    def apply(self, rest: Path) -> Path | None:
        """The other name; None when the pattern does not match. Raises ParseError."""
        match = self.pattern.match(rest)
        return Path.read(match.fill(self.name)) if match else None


@dataclass(frozen=True, slots=True)
class NamerRule:
    """A configured namer. One that does not rewrite is known by its answers."""

    prefix: Path
    """``/#/io.l5d.fs``"""
    rewrite: Rewrite | None = None
    transformers: tuple[Transformer, ...] = ()
    """For what this namer binds; of several namers with one prefix those of the last."""

"""Paths: hierarchical names such as ``/svc/hello`` or ``/#/io.l5d.fs/hello``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """Non-empty byte strings. ``str`` prints it as Finagle does and ``read`` reads it back."""

    segments: tuple[bytes, ...] = ()

    def startswith(self, prefix: Path) -> bool:
        """Whether ``prefix`` is the head of this path, segment by segment."""
        return self.segments[: len(prefix.segments)] == prefix.segments

    def drop(self, count: int) -> Path:
        """The path without its first ``count`` segments."""
        return Path(self.segments[count:])

    def __add__(self, other: Path) -> Path:
        return Path(self.segments + other.segments)

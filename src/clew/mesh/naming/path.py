"""Paths: hierarchical names such as ``/svc/hello`` or ``/#/io.l5d.fs/hello``."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.naming.scanner import ParseError, Scanner, show_label

__all__ = ["ParseError", "Path"]


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """Non-empty byte strings. ``str`` prints it as Finagle does and ``read`` reads it back."""

    segments: tuple[bytes, ...] = ()

    @staticmethod
    def read(text: str) -> Path:
        """``/`` is the empty path. Raises ParseError."""
        scanner = Scanner(text)
        labels = scanner.labels()
        scanner.expect_end()
        return Path(labels)

    @staticmethod
    def of(*segments: str) -> Path:
        """A path of segments that are not escaped: ``Path.of("svc", "a b")``."""
        return Path(tuple(segment.encode() for segment in segments))

    def startswith(self, prefix: Path) -> bool:
        """Whether ``prefix`` is the head of this path, segment by segment."""
        return self.segments[: len(prefix.segments)] == prefix.segments

    def take(self, count: int) -> Path:
        """The first ``count`` segments."""
        return Path(self.segments[:count])

    def drop(self, count: int) -> Path:
        """The path without its first ``count`` segments."""
        return Path(self.segments[count:])

    def __len__(self) -> int:
        return len(self.segments)

    def __bool__(self) -> bool:
        """False for the empty path ``/``, which names nothing."""
        return bool(self.segments)

    def __add__(self, other: Path) -> Path:
        return Path(self.segments + other.segments)

    def __str__(self) -> str:
        return "/" + "/".join(map(show_label, self.segments))

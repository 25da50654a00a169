"""Patterns for paths: the ``prefix`` of client and service sections, ``pattern`` of io.l5d.rewrite.

``*`` is any one segment, ``{name}`` captures one or a part of one, everything else is itself;
what a path has beyond the pattern does not matter. (Linkerd, ``PathMatcher.scala``.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from clew.mesh.naming.path import Path
from clew.mesh.naming.scanner import ParseError, show_label

_CAPTURE = re.compile(r"\{([A-Za-z0-9:_]+)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """A path that a pattern matches."""

    captures: Mapping[str, str]
    """By name in the pattern; segments as ``str(path)`` shows them."""
    residual: Path
    """What the pattern did not need."""

    def fill(self, template: str) -> str:
        """The text with each ``{name}`` replaced by what it captured."""
        return _CAPTURE.sub(lambda hole: self.captures.get(hole[1], hole[0]), template)


@dataclass(frozen=True, slots=True)
class PathMatcher:
    """A pattern; ``str`` gives the text it was read from."""

    text: str
    _segments: tuple[_Segment, ...] = field(compare=False, repr=False)

    @staticmethod
    def read(text: str) -> PathMatcher:
        """Raises ParseError."""
        # Java's split forgets empty strings at the end, Linkerd those at the beginning
        parts = text.strip("/").split("/") if text.strip("/") else []
        return PathMatcher(text, tuple(_Segment.read(part, text) for part in parts))

    def match(self, path: Path) -> Match | None:
        """None when the path does not begin like the pattern."""
        if len(self._segments) > len(path):
            return None
        captures: dict[str, str] = {}
        for segment, label in zip(self._segments, path.segments, strict=False):
            found = segment.match(show_label(label))
            if found is None:
                return None
            captures |= found
        return Match(captures, path.drop(len(self._segments)))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    names: tuple[str, ...]
    pattern: re.Pattern[str] | None
    """None when nothing is captured."""

    @staticmethod
    def read(part: str, whole: str) -> _Segment:
        names = tuple(_CAPTURE.findall(part))
        if not names:
            return _Segment(part, (), None)
        try:
            # as in Linkerd, only dots are literal, and the match may lie anywhere in the segment
            pattern = re.compile(_CAPTURE.sub("(.+)", part.replace(".", r"\.")))
        except re.error as error:
            raise ParseError(f"a pattern ({error})", whole, whole.index(part)) from error
        return _Segment(part, names, pattern)

    def match(self, label: str) -> dict[str, str] | None:
        if self.pattern is None:
            return {} if self.text in ("*", label) else None
        found = self.pattern.search(label)
        return found and dict(zip(self.names, found.groups(), strict=False))

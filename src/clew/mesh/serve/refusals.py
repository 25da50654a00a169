"""Edits of files that are not used, and since when, for as long as that is so. No IO."""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One file whose newest content is not used."""

    file: str
    why: str
    """With the line, as the log has it."""
    since: int
    """Milliseconds since the epoch."""


class Refusals:
    """By file, what is wrong with it. Dtab files are read in another thread."""

    def __init__(self) -> None:
        self._by_file: dict[str, Refusal] = {}

    def note(self, file: str, why: str, now: int) -> None:
        """``why`` is empty when the file is used again; ``now`` is in milliseconds."""
        if not why:
            self._by_file.pop(file, None)
        elif file not in self._by_file or self._by_file[file].why != why:
            self._by_file[file] = Refusal(file=file, why=why, since=now)

    def all(self) -> list[Refusal]:
        """The oldest first."""
        return sorted(list(self._by_file.values()), key=lambda refusal: refusal.since)

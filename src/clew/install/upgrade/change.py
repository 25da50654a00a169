"""A word on what was changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One change, or what a person has to do."""

    line: int
    """Of the old file, from 1."""
    said: str

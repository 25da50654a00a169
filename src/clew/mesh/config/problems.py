"""What is wrong with a linker file: every problem with its line, told all at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from clew.errors import ClewError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake."""

    line: int
    """1 is the first."""
    what: str
    hint: str = ""
    """What would be right; empty when ``what`` says it."""

    def show(self, source: str) -> str:
        """``SOURCE:LINE: what (hint)``"""
        return f"{source}:{self.line}: {self.what}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(ClewError):
    """A linker file that cannot be used; the message has one line for each problem."""

    def __init__(self, source: str, problems: Collection[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(problem.show(source) for problem in self.problems))


def nearest(word: str, known: Collection[str]) -> str:
    """A hint towards the known word that was meant, or all of them when none is near."""
    lower = {each.lower(): each for each in known}
    if close := difflib.get_close_matches(word.lower(), lower, n=1):
        return f"did you mean '{lower[close[0]]}'?"
    return "known: " + ", ".join(sorted(known)) if known else ""

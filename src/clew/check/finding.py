"""What a check found."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It may be meant, or it could not be looked at."""
    PROBLEM = "problem"
    """Requests or traces are lost by it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What about: ``dns``, ``rights`` and so on."""
    level: Level
    seen: str
    """One sentence, without a full stop."""
    advice: str = ""
    """What to do; empty when there is nothing to do."""
    trace: str = ""
    """The id of a trace that shows it; empty for none."""


def ok(check: str, seen: str, advice: str = "") -> Finding:
    """As it should be; ``advice`` is how to use it."""
    return Finding(check, Level.OK, seen, advice)


def warning(check: str, seen: str, advice: str, trace: str = "") -> Finding:
    """Look at it."""
    return Finding(check, Level.WARNING, seen, advice, trace)


def problem(check: str, seen: str, advice: str, trace: str = "") -> Finding:
    """Do something."""
    return Finding(check, Level.PROBLEM, seen, advice, trace)

"""What is kept: whole days, the newest. Dropping a day is quick, whatever is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How much to keep."""

    max_age: timedelta | None = timedelta(days=7)
    """A day goes when all of it is older than this; None: never."""
    max_bytes: int | None = None
    """The oldest days go until the rest is no more than this on disk; None: no limit."""
    max_spans: int | None = None
    """The oldest traces go until the rest has no more spans than this; None: no limit."""


def expired(sizes: Mapping[date, int], today: date, keep: Retention) -> list[date]:
    """The days to drop, oldest first, of those stored with their bytes on disk.

    Today stays, however large it is: a store that keeps nothing answers nothing.
    """
    dropped: list[date] = []
    left = sum(sizes.values())
    for day in sorted(sizes):
        too_old = keep.max_age is not None and today - day > keep.max_age
        too_much = keep.max_bytes is not None and left > keep.max_bytes
        if day >= today or not (too_old or too_much):
            break
        dropped.append(day)
        left -= sizes[day]
    return dropped

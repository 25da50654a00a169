"""``httpAccessLogRollPolicy``: when a log is put aside and a new one begun (util-logging)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, assert_never

_UNITS = {"": 1, "kilo": 1 << 10, "mega": 1 << 20, "giga": 1 << 30}
_SIZE = re.compile(r"([1-9][0-9]*)\.(kilo|mega|giga|)bytes?")
_WEEKLY = re.compile(r"weekly\(([1-7])\)")


@dataclass(frozen=True, slots=True)
class Every:
    """When an hour, a day or a week of local time ends."""

    period: Literal["hour", "day", "week"]
    first_day: int = 1
    """Of weeks: 1 is Sunday, 7 Saturday. A week ends when this day begins."""


@dataclass(frozen=True, slots=True)
class MaxSize:
    """When it holds this many bytes."""

    size: int


RollPolicy = Every | MaxSize | None
"""None is never."""


def roll_policy(text: str) -> RollPolicy:
    """What ``text`` says. Raises ValueError when it says nothing."""
    match text:
        case "never":
            return None
        case "hourly":
            return Every("hour")
        case "daily":
            return Every("day")
    if week := _WEEKLY.fullmatch(text):
        return Every("week", int(week[1]))
    if size := _SIZE.fullmatch(text):
        return MaxSize(int(size[1]) * _UNITS[size[2]])
    raise ValueError(text)


def is_roll_policy(text: str) -> bool:
    """Whether :func:`roll_policy` takes it."""
    try:
        roll_policy(text)
    except ValueError:
        return False
    return True


def time_format(policy: Every | MaxSize) -> str:
    """Of the time in a rolled file's name, when it was begun, as strftime writes it."""
    match policy:
        case Every("hour"):
            return "%Y%m%d-%H"
        case Every():
            return "%Y%m%d"
        case MaxSize():
            return "%Y%m%d-%H%M%S"
    assert_never(policy)

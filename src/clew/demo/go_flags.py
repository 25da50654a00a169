"""Command lines and durations as Go's ``flag`` and ``time`` packages read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clew.errors import ClewError

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


class FlagError(ClewError):
    """A command line that Go would refuse."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: ``-name value``, ``-name=value``, with one dash or two."""

    name: str
    default: str
    help: str
    is_switch: bool = False
    """Takes a value only after ``=``; alone it means true."""


def read_flags(flags: Iterable[Flag], words: Sequence[str]) -> dict[str, str]:
    """The value of every flag. The last of several wins; words after the flags are ignored."""
    known = {flag.name: flag for flag in flags}
    values = {flag.name: flag.default for flag in known.values()}
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        word = rest.pop(0)
        name, has_value, value = word.removeprefix("-").removeprefix("-").partition("=")
        if name not in known:
            raise FlagError(f"flag provided but not defined: -{name}", _usage(known))
        if not has_value:
            if known[name].is_switch:
                value = "true"
            elif rest:
                value = rest.pop(0)
            else:
                raise FlagError(f"flag needs an argument: -{name}", _usage(known))
        values[name] = value
    return values


def read_duration(text: str) -> float:
    """Seconds of ``250ms`` or ``1h15m30.5s``; raises ValueError for what Go cannot read."""
    sign = -1.0 if text.startswith("-") else 1.0
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    if unsigned == "0":
        return 0.0
    parts = _PART.findall(unsigned)
    if not parts or "".join(number + unit for number, unit in parts) != unsigned:
        raise ValueError(f"{text!r} is not a duration")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


def read_bool(text: str) -> bool:
    """Raises ValueError for what Go cannot read."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError(f"{text!r} is not true or false")


def _usage(known: Mapping[str, Flag]) -> str:
    return "flags: " + " ".join(f"-{name}" for name in known)

"""Numbers, as they are written in searches and in tags."""

from __future__ import annotations

import re
from decimal import Decimal

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
"""The text of a number; read the same by Python and by RE2."""

_NUMBER = re.compile(NUMBER)
_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(us|µs|μs|ms|s|m|h)?")
_MICROS = {
    None: 1, "us": 1, "µs": 1, "μs": 1, "ms": 1000, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6
}  # fmt: skip


def number(text: str) -> float | None:
    """The number that ``text`` is; None when it is none."""
    return float(text) if "\n" not in text and _NUMBER.match(text) else None


def micros(text: str) -> float | None:
    """Microseconds of ``1.5ms``, ``2s`` or, without a unit, microseconds; None for other text."""
    match = _DURATION.fullmatch(text)
    return float(Decimal(match[1]) * _MICROS[match[2]]) if match else None

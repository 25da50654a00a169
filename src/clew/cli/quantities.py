"""Times and sizes as people write them on a command line: ``7d``, ``20GB``."""

from __future__ import annotations

import re
from datetime import timedelta

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}


class Duration(click.ParamType[timedelta]):
    """A time such as ``7d``, ``12h``, ``30m`` or ``10s``."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read ``value``, or end with a message."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,6})([smhd])", str(value))
        if not match:
            self.fail(
                f"{value!r} is no time: use a number and s, m, h or d, such as 7d", param, ctx
            )
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


class Size(click.ParamType[int]):
    """A number of bytes such as ``20GB`` or ``512MiB``."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read ``value``, or end with a message."""
        match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([A-Za-z]+)", str(value))
        if not match or match[2].upper() not in _BYTES:
            self.fail(
                f"{value!r} is no size: use a number and MB, GB or TB, such as 20GB", param, ctx
            )
        return int(float(match[1]) * _BYTES[match[2].upper()])

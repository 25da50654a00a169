"""How the long-running commands log: one line an event on stderr, easy to read and to split."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def log_options(command: Command) -> Command:
    """Give ``command`` the options whose values :func:`log_to_stderr` takes."""
    level = click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help="The least important lines of the log on stderr.",
    )
    form = click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Lines to read, or an object a line for programs that collect logs.",
    )
    return level(form(command))


def log_to_stderr(level: str, form: str) -> None:
    """Log what is at least as important as ``level``, in the words of the options."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else LineFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("clew").setLevel(level.upper())
    logging.getLogger("kazoo").setLevel(logging.ERROR)  # it warns of every try to connect


class LineFormatter(logging.Formatter):
    """Time in UTC, level, the part of clew, and the message; what follows it is indented."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(part)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and more only for tracebacks and quoted output."""
        record.part = _part(record)
        return super().format(record).replace("\n", "\n  ")


class JsonFormatter(LineFormatter):
    """The same as an object: ``time``, ``level``, ``part``, ``message``, and ``error`` if any.

    ``error`` is the traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        told = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "part": _part(record),
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def _part(record: logging.LogRecord) -> str:
    return record.name.removeprefix("clew.")

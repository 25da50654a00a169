"""How the long-running commands log: one line an event on stderr, easy to read and to split."""

from __future__ import annotations

import logging
import sys
import time

LEVELS = ("debug", "info", "warning", "error")


def log_to_stderr(level: str) -> None:
    """Lines like ``2026-11-24T11:21:34.512Z WARNING mesh.envoy.process: Envoy ended …``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("clew").setLevel(level.upper())


class LineFormatter(logging.Formatter):
    """Time in UTC, level, the part of clew, and the message; what follows it is indented."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(part)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and more only for tracebacks and quoted output."""
        record.part = record.name.removeprefix("clew.")
        return super().format(record).replace("\n", "\n  ")

"""Envoy's log lines, as lines of ours with Envoy's level."""

from __future__ import annotations

import logging
import re

FORMAT = "[%l][%n] %v"
"""For ``--log-format``, together with ``--log-format-escaped``: one message is one line."""

_LINE = re.compile(r"\[(?P<level>\w+)\]\[(?P<part>[^\]]*)\] ?(?P<text>.*)")
_ESCAPE = re.compile(r"\\(.)")
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.DEBUG,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


def read_line(line: str) -> tuple[int, str]:
    """Level of :mod:`logging` and text. What Envoy prints outside its log is an error."""
    match = _LINE.fullmatch(line)
    if match is None or match["level"] not in _LEVELS:
        return logging.ERROR, _single_spaced(line)
    text = _ESCAPE.sub(lambda found: " " if found[1] in "nrt" else found[1], match["text"])
    return _LEVELS[match["level"]], _single_spaced(f"{match['part']}: {text}")


def _single_spaced(text: str) -> str:
    """Protobuf puts a random number of spaces into its messages."""
    return " ".join(text.split())


def level_flags(level: int) -> list[str]:
    """What to ask of Envoy for our level. Its info is chatty, so it comes only with debug."""
    if level > logging.DEBUG:
        return ["--log-level", "warning" if level <= logging.WARNING else "error"]
    # the part `main` begins with a list of all that is linked into it, a hundred lines long
    return ["--log-level", "info", "--component-log-level", "main:warning"]

"""How much each logger says, for ``/logging.json``."""

from __future__ import annotations

import logging

LEVELS = {
    "OFF": logging.CRITICAL + 1,
    "FATAL": logging.CRITICAL,
    "CRITICAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": logging.DEBUG,
    "ALL": logging.DEBUG,
}
"""By Linkerd's names."""
_NAMES = {number: name for name, number in reversed(LEVELS.items())}
ROOT = "root"


def levels() -> list[dict[str, str]]:
    """Every logger with the least level that it lets through."""
    known = logging.getLogger().manager.loggerDict
    names = sorted(name for name, each in known.items() if isinstance(each, logging.Logger))
    return [{"logger": name, "level": _level(name)} for name in (ROOT, *names)]


def set_level(name: str, level: str) -> None:
    """A logger that there is not stays so. Raises KeyError for a level that is none."""
    number = LEVELS[level.upper()]
    if name == ROOT:
        logging.getLogger().setLevel(number)
    elif isinstance(logger := logging.getLogger().manager.loggerDict.get(name), logging.Logger):
        logger.setLevel(number)


def _level(name: str) -> str:
    number = logging.getLogger("" if name == ROOT else name).getEffectiveLevel()
    return _NAMES.get(number) or logging.getLevelName(number)

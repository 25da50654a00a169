from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from clew.mesh.serve.levels import levels, set_level

NAME = "clew.test_levels"


@pytest.fixture(autouse=True)
def logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.level
    logger = logging.getLogger(NAME)
    yield logger
    root.setLevel(before)
    logger.setLevel(logging.NOTSET)


def shown() -> dict[str, str]:
    return {each["logger"]: each["level"] for each in levels()}


def test_a_logger_without_a_level_has_that_of_the_root() -> None:
    set_level("root", "ERROR")
    assert (shown()["root"], shown()[NAME]) == ("ERROR", "ERROR")


@pytest.mark.parametrize(
    ("level", "seen"),
    [("debug", "DEBUG"), ("TRACE", "DEBUG"), ("WARNING", "WARNING"), ("OFF", "OFF")],
)
def test_a_level_is_set_by_linkerds_names(level: str, seen: str) -> None:
    set_level("root", "INFO")
    set_level(NAME, level)
    assert (shown()["root"], shown()[NAME]) == ("INFO", seen)


def test_unknown_loggers_are_not_made_and_unknown_levels_are_errors() -> None:
    set_level("clew.no_such_logger", "DEBUG")
    assert "clew.no_such_logger" not in shown()
    with pytest.raises(KeyError):
        set_level(NAME, "LOUD")

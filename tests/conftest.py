"""Settings that all tests share."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

# no test depends on how fast the machine is
settings.register_profile("clew", deadline=None)
settings.load_profile("clew")


@pytest.fixture(autouse=True)
def log_levels() -> Iterator[None]:
    """What a command sets for its whole process ends with its test."""
    loggers = [logging.getLogger(name) for name in ("clew", "uvicorn")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)

"""The linker file as it is edited: a good edit is handed on, a bad one is told and left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import awatch

from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.config.problems import Problem

log = logging.getLogger(__name__)


def read_file(file: Path) -> Linker:
    """Raises ConfigError, also when the file cannot be read."""
    return read_linker(_text(file), str(file))


async def edits(file: Path, current: Linker) -> AsyncIterator[Linker]:
    """Every later content of the file that is good and different."""
    # the directory, because editors and Kubernetes replace the file
    async for _ in awatch(file.parent, recursive=False, debounce=200, step=20):
        try:
            linker = await asyncio.to_thread(read_file, file)
        except ConfigError as error:
            log.error("the edit is not used, the running configuration stays:\n%s", error)
            continue
        if linker != current:
            current = linker
            yield linker


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(file, f"it is not UTF-8 text: {error.reason}") from error


def _unreadable(file: Path, why: str) -> ConfigError:
    return ConfigError(str(file), [Problem(1, f"cannot be read: {why}")])

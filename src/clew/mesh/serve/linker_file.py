"""The linker file as it is edited: a good edit is handed on, a bad one is told and left."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from watchfiles import Change, awatch

from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.config.problems import Problem

log = logging.getLogger(__name__)

DEBOUNCE_MS = 200
"""The longest time for which events are collected, because editors write more than once."""
STEP_MS = 50
"""Of quiet after which they are collected."""
RECHECK_MS = 5000
"""Without an event the file is looked at this often: an edit just before the watch makes none."""


def read_file(file: Path) -> Linker:
    """Raises ConfigError, also when the file cannot be read."""
    return read_linker(_text(file), str(file))


async def edits(
    file: Path, current: Linker, refused: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Linker]:
    """Every later content of the file that is good and different.

    ``refused`` is told what is wrong with a bad one, and the empty text once that is mended.
    """

    def concerns(_: Change, changed: str) -> bool:
        # Kubernetes replaces the link ..data beside the file, which stays the same link into it
        name = os.path.basename(changed)
        return name == file.name or name.startswith("..")

    complaint, read = "", None
    # the directory, because editors replace the file
    async for _ in awatch(
        file.parent,
        watch_filter=concerns,
        recursive=False,
        debounce=DEBOUNCE_MS,
        step=STEP_MS,
        rust_timeout=RECHECK_MS,
        yield_on_timeout=True,
    ):
        try:
            text = await asyncio.to_thread(_text, file)
            if text == read:  # as it nearly always is without an event
                continue
            read = text
            linker = await asyncio.to_thread(read_linker, text, str(file))
        except ConfigError as error:
            read = None
            if str(error) != complaint:
                complaint = str(error)
                refused(complaint)
                log.error("the edit is not used, the running configuration stays:\n%s", error)
            continue
        if complaint:
            complaint = ""
            refused("")
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

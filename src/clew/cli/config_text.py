"""The text of a configuration that a command was given by name, or by ``-`` on stdin."""

from __future__ import annotations

from pathlib import Path

import click

STDIN = Path("-")


def config_text(file: Path) -> str:
    """Raises ConfigError when it cannot be read."""
    from clew.mesh.config.problems import ConfigError, Problem

    try:
        with click.open_file(str(file), encoding="utf-8") as stream:
            return str(stream.read())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), [Problem(1, f"cannot be read: {error}")]) from error

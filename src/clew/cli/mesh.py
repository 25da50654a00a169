"""``clew mesh``: a Linkerd 1.x file on Envoy, in this process and a child."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clew.cli.config_text import STDIN, config_text
from clew.cli.linker_files import linker_texts
from clew.cli.logs import log_options, log_to_stderr
from clew.cli.until_signal import until_signal
from clew.scratch import scratch

if TYPE_CHECKING:
    from clew.mesh.app import Addresses
    from clew.mesh.config.problems import Problem


@click.command(
    epilog="""\b
Examples:
  clew mesh linkerd.yaml
  clew mesh --validate linkerd.yaml
"""
)
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option(
    "--run-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for the sockets between clew and Envoy; private, one mesh at a time.  "
    "[default: a temporary one]",
)
@click.option("--validate", is_flag=True, help="Only say whether FILE is right, and where not.")
@log_options
def command(
    file: Path, run_dir: Path | None, validate: bool, log_level: str, log_format: str
) -> None:
    """Run the routers of FILE, a Linkerd 1.x configuration, until SIGTERM or Ctrl-C.

    FILE is YAML or JSON; "-" reads stdin. An edited FILE is taken over without a restart. Once
    every router listens, their addresses and the admin address are printed, and GET /admin/ping on
    the latter answers 200.

    With --validate FILE may also be a Kubernetes manifest with Linkerd files in its ConfigMaps.
    Prints "FILE: ok" (exit code 0), or each problem with its line (exit code 2).
    """
    from clew.mesh.config.linker import ConfigError

    try:
        if validate:
            _validate(file)
            click.echo(f"{file}: ok")
            return
        log_to_stderr(log_level, log_format)
        with _on_disk(file) as path:
            sys.exit(asyncio.run(_run(path, run_dir)))
    except ConfigError as error:
        # as compilers do it, so that editors find the lines
        click.echo(error.message, err=not validate)
        sys.exit(error.exit_code)


def _validate(file: Path) -> None:
    """Raise ConfigError with the problems of every linker file in ``file``."""
    from clew.mesh.config.linker import ConfigError, read_linker

    source = str(file)
    problems: list[Problem] = []
    for text in linker_texts(config_text(file), source):
        try:
            read_linker(text, source)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(source, problems)


@contextmanager
def _on_disk(file: Path) -> Iterator[Path]:
    """The file itself; what comes from stdin is checked under the name ``-`` and then kept."""
    if file != STDIN:
        yield file
        return
    from clew.mesh.config.linker import read_linker

    text = config_text(file)
    read_linker(text, str(file))
    with scratch("stdin") as directory:
        path = directory / "stdin.yaml"
        path.write_text(text, encoding="utf-8")
        yield path


async def _run(file: Path, run_dir: Path | None) -> int:
    from clew.mesh.app import run

    return await until_signal(lambda stop: run(file, run_dir, stop, _announce))


def _announce(addresses: Addresses) -> None:
    for label, place in addresses.servers:
        click.echo(f"{label} http://{place}")
    click.echo(f"admin {addresses.admin}")

"""``clew namerd``: the dtabs of many meshes in one place."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clew.cli.config_text import config_text
from clew.cli.logs import log_options, log_to_stderr
from clew.cli.until_signal import until_signal

if TYPE_CHECKING:
    from clew.mesh.namerd.app import Addresses


@click.command(
    epilog="""\b
Examples:
  clew namerd namerd.yml
  clew dtab put default rules.dtab
"""
)
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option("--validate", is_flag=True, help="Only say whether FILE is right, and where not.")
@log_options
def command(file: Path, validate: bool, log_level: str, log_format: str) -> None:
    """Keep dtabs, and bind names by them, as FILE says, a configuration of namerd 1.x.

    FILE is YAML or JSON; "-" reads stdin. Its addresses are printed when they take requests. A mesh
    asks it by the interpreter io.l5d.namerd.http, people by clew dtab get and put.

    With --validate prints "FILE: ok" (exit code 0), or each problem with its line (exit code 2).
    """
    from clew.mesh.config.namerd import read_namerd
    from clew.mesh.config.problems import ConfigError

    source = str(file)
    try:
        text = config_text(file)
        if validate:
            read_namerd(text, source)
            click.echo(f"{source}: ok")
            return
        log_to_stderr(log_level, log_format)
        sys.exit(asyncio.run(_run(text, source)))
    except ConfigError as error:
        # as compilers do it, so that editors find the lines
        click.echo(error.message, err=not validate)
        sys.exit(error.exit_code)


async def _run(text: str, source: str) -> int:
    from clew.mesh.namerd.app import run

    return await until_signal(lambda stop: run(text, source, stop, _announce))


def _announce(addresses: Addresses) -> None:
    for url in addresses.controllers:
        click.echo(f"namerd {url}")
    click.echo(f"admin {addresses.admin}")

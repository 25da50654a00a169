"""``clew demo``: the blog post on this machine."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from clew.demo.run import Options, run

MOST_NODES = 20
HIGHEST_OFFSET = 55_000
"""The admin port, 9990, is the highest that moves."""


@click.command(
    epilog="""\b
Examples:
  clew demo                     start it and keep it running
  clew demo --once --json       one request; reply, trace and addresses as JSON
  clew demo --nodes 3           hello and world on different nodes
"""
)
@click.option("--once", is_flag=True, help="Send one request, print its trace, and stop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option(
    "--nodes",
    type=click.IntRange(1, MOST_NODES),
    default=1,
    show_default=True,
    help="How many mesh nodes, on 127.0.0.1, 127.0.0.2, …",
)
@click.option(
    "--port-offset",
    type=click.IntRange(0, HIGHEST_OFFSET),
    default=0,
    show_default=True,
    help="Added to every port.",
)
@click.option(
    "--forward",
    type=click.Choice(["l5d", "b3", "traceparent", "all"]),
    default="l5d",
    show_default=True,
    help="Which trace headers the apps pass on.",
)
@click.option(
    "--store",
    type=click.Path(file_okay=False),
    callback=lambda _context, _option, text: _directory(text),
    help="Keep the traces in this directory.  [default: one that goes with the demo]",
)
@click.option("--verbose", is_flag=True, help="Show what the parts log.")
def command(
    once: bool,
    as_json: bool,
    nodes: int,
    port_offset: int,
    forward: str,
    store: Path | None,
    verbose: bool,
) -> None:
    """Run the blog post on this machine: hello calls world through the mesh, in one trace.

    Starts the trace server, the mesh and the sample apps, sends one request, prints the reply and
    its trace, and keeps running until Ctrl-C. Exit code 0: the request was one trace of exactly 8
    spans; 1: it was not; 2: something could not be started or died.
    """
    options = Options(nodes, port_offset, forward, store, once, as_json, verbose)
    asyncio.run(until_signalled(options))


def _directory(text: str | None) -> Path | None:
    if text and "://" in text:
        raise click.BadParameter(f"{text!r} is no directory, in which the demo keeps its traces")
    return Path(text) if text else None


async def until_signalled(options: Options) -> None:
    """Run until it ends by itself, or by SIGINT or SIGTERM: then stop every child and return."""
    task = asyncio.ensure_future(run(options))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        click.echo("Stopped.", err=True)

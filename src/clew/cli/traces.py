"""``clew traces``: the trace server in this process."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click


def _default_directory() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "clew" / "traces"


@click.command(epilog="Example: clew traces --port 9411 --store ./traces")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    envvar="QUERY_PORT",
    type=click.IntRange(0, 65535),
    default=9411,
    show_default=True,
    show_envvar=True,
    help="Port for reports, queries and pages; 0 takes a free one.",
)
@click.option(
    "--store",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=_default_directory,
    show_default="$XDG_DATA_HOME/clew/traces, or ~/.local/share/clew/traces",
    help="Directory of the spans; made if it is not there. One server at a time may use it.",
)
@click.option(
    "--sample-rate",
    envvar="COLLECTOR_SAMPLE_RATE",
    type=float,
    default=1.0,
    show_default=True,
    show_envvar=True,
    help="Share of traces to keep, 0 to 1.",
)
@click.option(
    "--strict-trace-id/--lenient-trace-id",
    envvar="STRICT_TRACE_ID",
    default=True,
    show_default=True,
    show_envvar=True,
    help="Whether ids of 64 and 128 bits with the same end are different traces.",
)
@click.option(
    "--autocomplete-keys",
    envvar="AUTOCOMPLETE_KEYS",
    default="",
    show_envvar=True,
    help="Tags whose values the search page offers, separated by commas.",
)
def command(
    host: str,
    port: int,
    directory: Path,
    sample_rate: float,
    strict_trace_id: bool,
    autocomplete_keys: str,
) -> None:
    """Run the trace server: a Zipkin that keeps what it is given.

    Takes spans at POST /api/v2/spans and over gRPC, answers Zipkin's API, and shows its pages under
    /zipkin/, all on one port. A 202 means that the spans are on the disk.
    """
    from clew.trace.app import Settings, run

    logging.basicConfig(format="clew traces: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # it warns of every malformed request
    settings = Settings(
        host=host,
        port=port,
        directory=directory,
        sample_rate=sample_rate,
        strict_trace_id=strict_trace_id,
        autocomplete_keys=tuple(key.strip() for key in autocomplete_keys.split(",") if key.strip()),
    )

    def ready(address: str) -> None:
        click.echo(f"clew traces ready: {address}/zipkin/ (store {directory})")

    run(settings, ready)

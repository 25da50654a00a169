"""``clew traces``: the trace server in this process."""

from __future__ import annotations

import dataclasses
import logging
import os
import platform
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from clew.cli.logs import log_options, log_to_stderr
from clew.cli.quantities import Duration, Size
from clew.errors import ClewError
from clew.trace.dsn import Server, is_dsn, parse

_OTLP_PORTS = (4317, 4318)

_logger = logging.getLogger(__name__)


class WrongPlatform(ClewError):
    """The command cannot run on this system."""


def _default_directory() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "clew" / "traces"


DIRECTORY = click.Path(file_okay=False, path_type=Path)


class Store(click.ParamType[Path | Server]):
    """A directory, or a ClickHouse server."""

    name = "store"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | Server:
        """Raises BadDsn."""
        if isinstance(value, str) and is_dsn(value):
            return parse(value, os.environ)
        directory: Path = DIRECTORY.convert(value, param, ctx)
        return directory


@click.command(epilog="Example: clew traces --port 9411 --store ./traces")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port for reports, questions and pages; 0 takes a free one.  [env: QUERY_PORT; "
    "default: 9411]",
)
@click.option(
    "--store",
    metavar="DIR|DSN",
    type=Store(),
    default=_default_directory,
    show_default="$XDG_DATA_HOME/clew/traces, or ~/.local/share/clew/traces",
    help="Directory of the spans; made if it is not there. One server at a time may use it. Or a "
    "ClickHouse server: clickhouse://user@host:8123/database.  [env: CLICKHOUSE_USER, "
    "CLICKHOUSE_PASSWORD]",
)
@click.option(
    "--spool",
    type=DIRECTORY,
    help="Directory in which spans wait for a ClickHouse server; one of us at a time may use it.  "
    "[default: that of --store's default]",
)
@click.option(
    "--sample-rate",
    type=float,
    help="Share of traces to keep, 0 to 1.  [env: COLLECTOR_SAMPLE_RATE; default: 1]",
)
@click.option(
    "--otlp",
    is_flag=True,
    help="Take OTLP at its usual ports too: gRPC at 4317, HTTP at 4318.",
)
@click.option(
    "--scribe-port",
    type=click.IntRange(0, 65535),
    help="Take Scribe at this port, which is 9410 by custom; 0 takes a free one.  [env: "
    "COLLECTOR_PORT, with COLLECTOR_SCRIBE_ENABLED=true; default: none]",
)
@click.option(
    "--when-full",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="While too many spans wait for the store, or the disk is full: answer 503, so that "
    "reporters send again; or answer 202 as Zipkin does, and count them as dropped.",
)
@click.option(
    "--retain",
    type=Duration(),
    default="7d",
    show_default=True,
    help="Drop a day's spans when all of them are older than this.",
)
@click.option(
    "--max-disk",
    type=Size(),
    help="Drop the oldest days when spans take more than this.  [default: no limit]",
)
@click.option(
    "--max-spans",
    type=click.IntRange(1),
    help="Drop the oldest traces, whole, when there are more spans than this.  [env: "
    "MEM_MAX_SPANS; default: no limit]",
)
@log_options
def command(
    host: str | None,
    port: int | None,
    store: Path | Server,
    spool: Path | None,
    sample_rate: float | None,
    otlp: bool,
    scribe_port: int | None,
    when_full: str,
    retain: timedelta,
    max_disk: int | None,
    max_spans: int | None,
    log_level: str,
    log_format: str,
) -> None:
    """Run the trace server: a Zipkin that keeps what it is given.

    Takes spans from reporters of Zipkin and of OpenTelemetry, over HTTP and gRPC, answers Zipkin's
    questions, and shows its pages under /zipkin/, all on one port. Spans that it has acknowledged
    are on the disk, and in the store about a second later.

    Zipkin's environment variables mean what they mean to Zipkin; an option wins over a variable.
    """
    if platform.system() == "Windows":
        raise WrongPlatform(
            "clew traces does not run on Windows: its store has no build for it",
            "run it under WSL, in a Linux container, or on Linux or macOS",
        )
    from clew.cli.zipkin_environment import read_settings, unmet
    from clew.trace.app import run
    from clew.trace.collect.room import WhenFull
    from clew.trace.store.retention import Retention

    log_to_stderr(log_level, log_format)
    # they warn of every malformed request, and of every try to reach a server
    for name in ("uvicorn", "clickhouse_connect", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.ERROR)
    server = store if isinstance(store, Server) else None
    directory = store if isinstance(store, Path) else spool or _default_directory()
    if server and max_spans:
        raise click.UsageError("--max-spans is for a store in a directory: use --max-disk")
    if spool and not server:
        raise click.UsageError("--spool is for a store on a server")
    read = read_settings(os.environ, directory)
    for sentence in unmet(os.environ, str(store)):
        _logger.warning(sentence)
    # Zipkin's is of spans in memory, and not of those on a server
    kept_spans = max_spans or (read.retention.max_spans if server is None else None)
    options = {
        "server": server,
        "host": host,
        "port": port,
        "sample_rate": sample_rate,
        "otlp_ports": _OTLP_PORTS if otlp else None,
        "scribe_port": scribe_port,
        "when_full": WhenFull(when_full),
        "retention": Retention(
            max_age=retain,
            max_bytes=max_disk,
            max_spans=kept_spans,
        ),
    }
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    settings = dataclasses.replace(read, **given)

    def ready(address: str) -> None:
        click.echo(f"clew traces ready: {address}/zipkin/ (store {store})")

    run(settings, ready)

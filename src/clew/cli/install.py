"""``clew install``: Kubernetes manifests on stdout, or a Helm chart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TextIO

import click
from click.core import ParameterSource

from clew.cli.own_linker_file import lacks, own_linker_file
from clew.install.chart import chart
from clew.install.mesh import left_to_nodes
from clew.install.options import SERVICE_TYPES, TLS, InstallError, Options
from clew.install.render import ASIDE, PARTS, render
from clew.install.upgrade.documents import UpgradeError
from clew.install.upgrade.upgrade import upgrade

DEFAULTS = Options()
SAID_BY_CONFIG = {
    "outgoing_port",
    "incoming_port",
    "admin_port",
    "tls",
    "collector",
    "sample_rate",
}
OF_THE_VOLUME = {"storage", "storage_class"}
PORT = click.IntRange(1, 65535)


@click.command(
    epilog="""\b
Examples:
  clew install | kubectl apply -f -
  clew install mesh --collector zipkin.monitoring:9411 > mesh.yml
  clew install mesh --config linkerd.yaml | kubectl apply -f -
  clew install --upgrade-from linkerd.yml > mesh.yml
  clew install --chart ./clew && helm install clew ./clew --namespace tracing
"""
)
@click.argument("part", type=click.Choice(["all", *PARTS, *ASIDE]), default="all")
@click.option(
    "--upgrade-from",
    "old",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Rewrite an old manifest of Linkerd, Zipkin or the blog post instead.",
)
@click.option(
    "--config",
    "own",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="A linker file for the mesh, which gets the rights that it needs.",
)
@click.option(
    "--chart",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a Helm chart there instead, whose values are these options.",
)
@click.option("--namespace", default=DEFAULTS.namespace, show_default=True, help="Where it runs.")
@click.option("--image", default=DEFAULTS.image, show_default=True, help="The image of clew.")
@click.option(
    "--outgoing-port",
    type=PORT,
    default=DEFAULTS.outgoing_port,
    show_default=True,
    help="Where apps reach the mesh, on every node.",
)
@click.option(
    "--incoming-port",
    type=PORT,
    default=DEFAULTS.incoming_port,
    show_default=True,
    help="Where one node's mesh reaches another's.",
)
@click.option(
    "--admin-port",
    type=PORT,
    default=DEFAULTS.admin_port,
    show_default=True,
    help="Health, metrics and name resolution of the mesh.",
)
@click.option(
    "--service-type",
    type=click.Choice(SERVICE_TYPES),
    default=DEFAULTS.service_type,
    show_default=True,
    help="How the mesh and the pages are reached from outside.",
)
@click.option(
    "--host-network",
    is_flag=True,
    help="The mesh uses the network of its node, where hostPort does nothing.",
)
@click.option(
    "--tls",
    type=click.Choice(TLS),
    callback=lambda _context, _option, step: step or DEFAULTS.tls,
    help="Between nodes; a running mesh comes to auto step by step.  [default: plain text]",
)
@click.option(
    "--collector",
    default=DEFAULTS.collector,
    metavar="HOST:PORT",
    help="Another Zipkin for the mesh's spans.  [default: that of this installation]",
)
@click.option(
    "--sample-rate",
    type=click.FloatRange(0, 1),
    default=DEFAULTS.sample_rate,
    show_default=True,
    help="Share of requests to trace.",
)
@click.option(
    "--store",
    default=DEFAULTS.store,
    metavar="DSN",
    help="A ClickHouse server for the spans: clickhouse://user@host:8123/database.  [default: a "
    "volume of the traces]",
)
@click.option(
    "--store-secret",
    default=DEFAULTS.store_secret,
    show_default=True,
    metavar="NAME",
    help="The Secret that has the password of that server, as 'password'.",
)
@click.option(
    "--storage", default=DEFAULTS.storage, show_default=True, help="Size of the traces' volume."
)
@click.option(
    "--storage-class",
    default=DEFAULTS.storage_class,
    help="Of the traces' volume.  [default: that of the cluster]",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    part: str,
    old: TextIO | None,
    own: Path | None,
    directory: Path | None,
    **chosen: object,
) -> None:
    """Print the manifests of the mesh, the traces and the sample apps, or of one of them.

    check is a Job beside them, which runs clew check in the cluster. Nothing is sent anywhere:
    kubectl does that. The same options print the same text.
    """
    options = Options(**chosen)  # type: ignore[arg-type]  # click checked
    if directory is not None:
        if {"part", "old", "own", "namespace"} & _given(context):
            raise click.UsageError(
                "--chart has all parts, with the linker file of the post, and the namespace that "
                "Helm is told"
            )
        _write_chart(directory, options)
    elif old is None:
        _check_place(options, _given(context))
        if own is not None:
            options = replace(options, config=_own(context, part, own))
        text = render(part, options)
        if part in ("all", "mesh"):
            for port in left_to_nodes(options):
                click.echo(
                    f"port {port} of a node is for root, which the mesh is not: take one from 1024 "
                    "on, or set net.ipv4.ip_unprivileged_port_start on every node",
                    err=True,
                )
        click.echo(text, nl=False)
    else:
        # what an old manifest says is not chosen a second time
        if _given(context) - {"old", "image"}:
            raise click.UsageError("--upgrade-from goes with --image alone")
        options.check()
        upgraded = upgrade(_text(old), old.name, options.image)
        for change in upgraded.changes:
            click.echo(change, err=True)
        if not upgraded.changes:
            click.echo(f"{old.name}: nothing had to be changed", err=True)
        click.echo(upgraded.text, nl=False)


def _own(context: click.Context, part: str, file: Path) -> str:
    """The text of the linker file; what the manifests do not give it is told on stderr."""
    if part not in ("mesh", "check"):
        raise click.UsageError("--config goes with mesh or check: clew install mesh --config FILE")
    if said := SAID_BY_CONFIG & _given(context):
        raise click.UsageError(f"{_flag(said)}: the file of --config says it")
    text, linker = own_linker_file(file)
    if part == "mesh":
        for lack in lacks(linker):
            click.echo(f"{file}: {lack}", err=True)
    return text


def _check_place(options: Options, given: set[str]) -> None:
    """Spans have one place: a volume or a server."""
    if options.store and (said := OF_THE_VOLUME & given):
        raise click.UsageError(f"{_flag(said)} is of the volume that --store takes the place of")
    if not options.store and "store_secret" in given:
        raise click.UsageError("--store-secret goes with --store")


def _flag(options: set[str]) -> str:
    """The first of them, as it is written."""
    return f"--{min(options).replace('_', '-')}"


def _given(context: click.Context) -> set[str]:
    """What stands on the command line."""
    source = context.get_parameter_source
    return {name for name in context.params if source(name) is ParameterSource.COMMANDLINE}


def _write_chart(directory: Path, options: Options) -> None:
    try:
        for name, text in chart(options).items():
            file = directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InstallError(f"{error.filename}: {error.strerror}", "name a directory") from error


def _text(file: TextIO) -> str:
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise UpgradeError(f"{file.name} is not a text: {error}") from error

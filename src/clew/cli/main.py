"""The ``clew`` command: finds the command asked for, and turns a ClewError into a message."""

from __future__ import annotations

import importlib
import sys

import click

import clew
from clew.errors import ClewError

# command -> (module with a click command named `command`, one line of help)
COMMANDS = {
    "demo": ("clew.cli.demo", "The blog post on this machine: apps, mesh, traces, one request."),
    "mesh": ("clew.cli.mesh", "Run a Linkerd 1.x file on Envoy: the mesh on one node."),
    "namerd": ("clew.cli.namerd", "Keep the dtabs of many meshes in one place, as namerd did."),
    "dtab": ("clew.cli.dtab", "What becomes of a name: dtabs read, shown, bound, explained."),
    "traces": ("clew.cli.traces", "Run the trace server: a Zipkin that keeps what it is given."),
    "install": ("clew.cli.install", "Print Kubernetes manifests for mesh, traces and sample apps."),
    "check": ("clew.cli.check", "What is wrong between mesh, cluster and apps, and what to do."),
    "helloworld": ("clew.cli.helloworld", "The sample app of the blog post, with the same flags."),
}


class LazyGroup(click.Group):
    """Lists every command without importing one; imports only the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: clew demo",
)
@click.version_option(clew.__version__, prog_name="clew")
def cli() -> None:
    """A service mesh that shows what it does."""


def main() -> None:
    """Exit codes: 0 done; 1 it ran and the answer is no; 2 wrong usage, configuration or input."""
    try:
        cli()
    except ClewError as error:
        sys.stderr.write(f"clew: {error}\n")
        sys.exit(error.exit_code)

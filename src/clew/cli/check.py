"""``clew check``: what is wrong with this machine, a mesh, its cluster and its apps."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from clew.check import linker_file
from clew.check.doctor import examine
from clew.check.finding import Finding, Level
from clew.check.linker_file import Files
from clew.check.run import Here
from clew.cli.config_text import config_text
from clew.cli.linker_files import linker_texts
from clew.install.options import LABEL, Options

_MARKS = {
    Level.OK: ("ok", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.PROBLEM: ("PROBLEM", "bold red"),
}
_WIDTH = max(len(mark) for mark, _ in _MARKS.values())


@click.command(
    epilog="""\b
Examples:
  clew check
  clew check linkerd.yaml
  clew check --namespace tracing --traces http://localhost:9411
"""
)
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    required=False,
)
@click.option(
    "--namespace",
    callback=lambda _context, _option, name: _namespace(name),
    help="Where the mesh runs.  [default: that of this pod, or else default]",
)
@click.option(
    "--traces",
    default="",
    metavar="URL",
    callback=lambda _context, _option, url: _base_url(url),
    help="A trace server, to see what its traces say of services and clocks.",
)
@click.option(
    "--outgoing-port",
    type=click.IntRange(1, 65535),
    default=Options().outgoing_port,
    show_default=True,
    help="Of the mesh on every node, for pods that may not list others.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(
    file: Path | None, namespace: str | None, traces: str, outgoing_port: int, as_json: bool
) -> None:
    """Look at this machine, at a cluster, and at traces, and say what is wrong and what to do.

    With FILE, of Linkerd or namerd or a manifest with such, at what it needs to run here, and at a
    cluster only if it asks one. A cluster is seen on a laptop by way of a kubectl proxy or the
    kubeconfig, in a pod by its account. Nothing is changed.

    Exit code 0: no problem, though perhaps warnings; 1: at least one problem; 2: FILE is wrong.
    """
    namespace = namespace or os.environ.get("POD_NAMESPACE") or "default"
    here = Here(os.environ, namespace, traces, outgoing_port)
    findings: list[Finding] = []
    # as wide as it gets: lines are to be copied
    console = Console(highlight=False, soft_wrap=True)
    for finding in examine(here, None if file is None else _files(file)):
        findings.append(finding)
        if not as_json:
            console.print(_line(finding, traces))
    if as_json:
        click.echo(json.dumps(_document(findings, traces)))
    sys.exit(_exit_code(findings))


def _namespace(name: str | None) -> str | None:
    if name is not None and not LABEL.fullmatch(name):
        raise click.BadParameter(f"{name!r} is no name: lower case, digits and dashes")
    return name


def _base_url(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no URL: such as http://localhost:9411")
    return url


def _files(file: Path) -> Files:
    return Files(str(file), linker_texts(config_text(file), str(file)))


def _line(finding: Finding, traces: str) -> Text:
    mark, style = _MARKS[finding.level]
    line = Text(mark.ljust(_WIDTH), style)
    line.append(f"  {finding.check}: {finding.seen}", "not bold default")
    if finding.advice:
        line.append(f"\n{' ' * _WIDTH}  → {finding.advice}", "not bold default")
    if finding.trace:
        line.append(f"\n{' ' * _WIDTH}    such as {_link(finding, traces)}", "not bold default")
    return line


def _link(finding: Finding, traces: str) -> str:
    """The page of the trace that shows it; empty for none."""
    return finding.trace and f"{traces.rstrip('/')}/zipkin/traces/{finding.trace}"


def _document(findings: Sequence[Finding], traces: str) -> dict[str, object]:
    rows = [
        {
            "check": each.check,
            "level": each.level.value,
            "seen": each.seen,
            "advice": each.advice,
            "trace": _link(each, traces),
        }
        for each in findings
    ]
    return {"ok": _well(findings), "findings": rows}


def _well(findings: Sequence[Finding]) -> bool:
    return all(each.level is not Level.PROBLEM for each in findings)


def _exit_code(findings: Sequence[Finding]) -> int:
    wrong = {each.check for each in findings if each.level is Level.PROBLEM}
    return 2 if linker_file.CHECK in wrong else 1 if wrong else 0

"""``clew check``: what is wrong between a mesh, its cluster and its apps."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from clew.check.finding import Finding, Level
from clew.check.run import Here, check
from clew.install.options import Options

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
  clew check --namespace tracing --traces http://localhost:9411
"""
)
@click.option(
    "--namespace",
    help="Where the mesh runs.  [default: that of this pod, or else default]",
)
@click.option(
    "--traces",
    default="",
    metavar="URL",
    help="A trace server, to see which services drop the context of traces.",
)
@click.option(
    "--outgoing-port",
    type=click.IntRange(1, 65535),
    default=Options().outgoing_port,
    show_default=True,
    help="Of the mesh on every node, for pods that may not list others.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(namespace: str | None, traces: str, outgoing_port: int, as_json: bool) -> None:
    """Look at cluster, rights, names, addresses, pods, clocks and traces, and say what to do.

    On a laptop by way of a kubectl proxy or the kubeconfig, in a pod by its account. Nothing is
    changed. Exit code 0: no problem, though perhaps warnings; 1: at least one problem.
    """
    namespace = namespace or os.environ.get("POD_NAMESPACE") or "default"
    here = Here(os.environ, namespace, traces, outgoing_port)
    findings: list[Finding] = []
    # as wide as it gets: lines are to be copied
    console = Console(highlight=False, soft_wrap=True)
    for finding in check(here):
        findings.append(finding)
        if not as_json:
            console.print(_line(finding))
    if as_json:
        click.echo(json.dumps(_document(findings)))
    sys.exit(0 if _well(findings) else 1)


def _line(finding: Finding) -> Text:
    mark, style = _MARKS[finding.level]
    line = Text(mark.ljust(_WIDTH), style)
    line.append(f"  {finding.check}: {finding.seen}", "not bold default")
    if finding.advice:
        line.append(f"\n{' ' * _WIDTH}  → {finding.advice}", "not bold default")
    return line


def _document(findings: Sequence[Finding]) -> dict[str, object]:
    rows = [
        {
            "check": each.check,
            "level": each.level.value,
            "seen": each.seen,
            "advice": each.advice,
        }
        for each in findings
    ]
    return {"ok": _well(findings), "findings": rows}


def _well(findings: Sequence[Finding]) -> bool:
    return all(each.level is not Level.PROBLEM for each in findings)

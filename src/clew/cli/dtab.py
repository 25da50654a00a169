"""``clew dtab``: dtabs and names, worked out here without a server, and those that namerd keeps."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import click

from clew.cli import dtab_namerd
from clew.cli.dtab_shapes import delegation_lines, dtab_lines, tree_json, tree_lines

if TYPE_CHECKING:
    from clew.mesh.binding.outcome import Outcome
    from clew.mesh.binding.rules import NamerRule
    from clew.mesh.binding.transformers import Transformer
    from clew.mesh.config.linker import Linker
    from clew.mesh.config.router import AnyRouter
    from clew.mesh.naming.answer import Answers
    from clew.mesh.naming.dtab import Dtab
    from clew.mesh.naming.path import Path as Name
    from clew.mesh.serve.discovery import Explanation

ANSWER_SECONDS = 10.0
"""How long namers have to answer, as in a router that does not say."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(
    epilog="""\b
Examples:
  clew dtab bind /svc/hello --dtab '/svc => /$/inet/127.0.0.1/7777'
  clew dtab delegate /svc/hello --config linkerd.yaml --router outgoing
  clew dtab put default rules.dtab
"""
)
def command() -> None:
    """Read dtabs, see what becomes of a name, and change what a namerd keeps.

    TEXT "-" reads stdin. The commands for a namerd are those of namerctl.
    """


for each in dtab_namerd.COMMANDS:
    command.add_command(each)


@command.command()
@click.argument("text")
@as_json
def parse(text: str, as_json: bool) -> None:
    """Print the rules of a dtab, one a line."""
    dtab = _read_dtab(text)
    click.echo(json.dumps(dtab.document()) if as_json else "\n".join(dtab_lines(dtab)))


@command.command()
@click.argument("text")
def show(text: str) -> None:
    """Print a dtab on one line, as Linkerd shows it."""
    click.echo(str(_read_dtab(text)))


def _by_table(function: Callable[..., None]) -> Callable[..., None]:
    """The arguments by which a name is resolved."""
    for decorate in (
        as_json,
        click.option("--router", metavar="LABEL", help="A router of FILE: its transformers apply."),
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="A linker file: its namers answer.",
        ),
        click.option(
            "--dtab", metavar="TEXT", help="The whole dtab.  [default: that of the router]"
        ),
        click.argument("path"),
    ):
        function = decorate(function)
    return function


@command.command()
@_by_table
def bind(
    path: str, dtab: str | None, config: Path | None, router: str | None, as_json: bool
) -> None:
    """Print what PATH is bound to. Exit code 1 when binding fails."""
    from clew.mesh.binding.binder import bind as bind_name
    from clew.mesh.binding.outcome import Failed, Pending

    name, table = _read_path(path), _Table.of(dtab, config, router)

    def bound(answers: Answers) -> _Bound:
        binding = bind_name(name, table.dtab, table.rules, answers, table.transformers)
        waiting = any(path not in answers for path in binding.wanted)
        return _Bound(binding.outcome, binding.wanted, waiting)

    outcome = table.resolve(bound).outcome
    click.echo(json.dumps(tree_json(outcome)) if as_json else "\n".join(tree_lines(outcome)))
    if isinstance(outcome, Failed | Pending):
        sys.exit(1)


@command.command()
@_by_table
def delegate(
    path: str, dtab: str | None, config: Path | None, router: str | None, as_json: bool
) -> None:
    """Print every step by which PATH is bound, and the alternatives that are not taken."""
    from clew.mesh.binding.explain import delegate as delegate_name

    name, table = _read_path(path), _Table.of(dtab, config, router)
    document = table.resolve(
        lambda answers: delegate_name(name, table.dtab, table.rules, answers, table.transformers)
    ).document
    click.echo(json.dumps(document) if as_json else "\n".join(delegation_lines(document)))


@command.command()
@click.argument("pattern")
@click.argument("path")
@as_json
def match(pattern: str, path: str, as_json: bool) -> None:
    """Hold PATH against a PATTERN of client and service sections. Exit code 1 when it differs."""
    from clew.mesh.naming.matcher import PathMatcher

    found = PathMatcher.read(pattern).match(_read_path(path))
    captures: Mapping[str, str] = found.captures if found else {}
    residual = str(found.residual) if found else None
    if as_json:
        said = {"matches": found is not None, "vars": dict(captures), "residual": residual}
        click.echo(json.dumps(said))
    elif found:
        click.echo("matches")
        for variable, value in captures.items():
            click.echo(f"  {variable} = {value}")
        click.echo(f"  residual {residual}")
    else:
        click.echo("does not match")
    if found is None:
        sys.exit(1)


@dataclass(frozen=True)
class _Bound:
    """A binding, as discovery awaits it."""

    outcome: Outcome
    wanted: frozenset[Name]
    waiting: bool


@dataclass(frozen=True)
class _Table:
    """What a name is resolved by."""

    dtab: Dtab
    rules: Sequence[NamerRule]
    transformers: Sequence[Transformer]
    linker: Linker | None
    """Whose namers answer; None when there are none."""

    @staticmethod
    def of(dtab: str | None, config: Path | None, label: str | None) -> _Table:
        from clew.mesh.binding.configured import namer_rules, transformers_of
        from clew.mesh.binding.nodes import Node
        from clew.mesh.namers.interfaces import local_ips
        from clew.mesh.serve.linker_file import read_file

        if config is None:
            if dtab is None or label is not None:
                raise click.UsageError("give --dtab TEXT, or --config FILE with --router LABEL")
            return _Table(_read_dtab(dtab), (), (), None)
        linker = read_file(config)
        router = None if label is None else _router(linker, label, config)
        steps = () if router is None else router.interpreter.transformers
        if dtab is not None:
            table = _read_dtab(dtab)
        elif router is not None:
            table = _dtab_of(router)
        else:
            raise click.UsageError("give --dtab TEXT or --router LABEL beside --config")
        environment = os.environ.get
        node = Node(local_ips(), environment("POD_IP", ""), environment("NODE_NAME", ""))
        rules = namer_rules(linker.namers, node)
        return _Table(table, rules, transformers_of(steps, node), linker)

    def resolve(self, explain: Callable[[Answers], Explanation]) -> Explanation:
        """Once the namers have answered, or what is known when they do not in time."""
        if self.linker is None:
            return explain({})
        return asyncio.run(self._ask(self.linker, explain))

    async def _ask(self, linker: Linker, explain: Callable[[Answers], Explanation]) -> Explanation:
        from clew.mesh.namers.registry import build
        from clew.mesh.serve.discovery import Discovery

        discovery = Discovery(lambda: None)
        discovery.use(build(linker))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await discovery.explain(explain)
        except TimeoutError:
            return explain(discovery.answers)
        finally:
            await discovery.stop()


def _router(linker: Linker, label: str, config: Path) -> AnyRouter:
    for router in linker.routers:
        if router.label == label:
            return router
    labels = ", ".join(router.label for router in linker.routers)
    raise click.UsageError(f"{config} has no router '{label}'; it has: {labels}")


def _dtab_of(router: AnyRouter) -> Dtab:
    from clew.mesh.config.interpreter import (
        ConfigMapInterpreter,
        DefaultInterpreter,
        FsInterpreter,
        NamerdInterpreter,
    )
    from clew.mesh.serve.dtab_files import read_dtab

    match router.interpreter:
        case DefaultInterpreter():
            return router.dtab
        case FsInterpreter(dtab_file=file):
            return read_dtab(file) + router.dtab
        case ConfigMapInterpreter(namespace=namespace, name=name, filename=filename):
            key = filename.replace(".", r"\.")
            raise click.UsageError(
                f"the dtab of router '{router.label}' is kept in Kubernetes; give it as --dtab, "
                f"from: kubectl get configmap {name} -n {namespace} -o jsonpath='{{.data.{key}}}'"
            )
        case NamerdInterpreter(namespace=namespace, place=place, tls=tls):
            scheme = "https" if tls is not None and tls.enabled else "http"
            raise click.UsageError(
                f"the dtab of router '{router.label}' is kept by the namerd at {place}; "
                f"get it with: clew dtab get {namespace} --base-url {scheme}://{place}"
            )
    assert_never(router.interpreter)


def _read_dtab(text: str) -> Dtab:
    from clew.mesh.naming.dtab import Dtab

    return Dtab.read(_text(text))


def _read_path(text: str) -> Name:
    from clew.mesh.naming.path import Path as Name

    return Name.read(text)


def _text(argument: str) -> str:
    return sys.stdin.read() if argument == "-" else argument

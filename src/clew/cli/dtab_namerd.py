"""``clew dtab get`` and its siblings: the dtabs that a namerd keeps, as namerctl had them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

from clew.cli.dtab_shapes import dtab_lines
from clew.errors import ClewError

if TYPE_CHECKING:
    from clew.cli.namerd_client import NamerdClient
    from clew.mesh.naming.dtab import Dtab

BASE_URL = "http://127.0.0.1:4180"
_VERSION = re.compile(r"\s*# version (\S+)\s*$", re.MULTILINE)
"""The first line of what ``get`` prints."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
version_option = click.option(
    "--version", help="The version that is replaced.  [default: that in FILE, else the newest]"
)


class NotADtab(ClewError):
    """A file that holds no dtab."""


@dataclass(frozen=True)
class _Given:
    """What a file holds."""

    dtab: Dtab
    version: str | None
    """Of the dtab that was edited; None when the file does not say."""


def at_namerd(function: Callable[..., None]) -> Callable[..., None]:
    """Lets the options that say which namerd make the argument ``client``."""

    @_file("--key", "Its key.  [default: in the same file]")
    @_file("--cert", "The certificate to show to an https URL, PEM.  [default: none]")
    @_file("--ca", "Who has signed that of an https URL, PEM.  [default: the system's]")
    @click.option(
        "--base-url",
        envvar="NAMERCTL_BASE_URL",
        default=BASE_URL,
        show_default=True,
        show_envvar=True,
        help="Where namerd is.",
    )
    @functools.wraps(function)
    def command(
        base_url: str, ca: str | None, cert: str | None, key: str | None, **rest: Any
    ) -> None:
        from clew.cli.namerd_client import NamerdClient, TlsFiles

        if key and not cert:
            raise click.UsageError("--key needs --cert")
        function(client=NamerdClient(base_url, TlsFiles(ca, cert, key)), **rest)

    return command


def _file(option: str, help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    path = click.Path(exists=True, dir_okay=False)
    return click.option(option, type=path, metavar="FILE", help=help)


def _by_file(function: Callable[..., None]) -> Callable[..., None]:
    for decorate in (at_namerd, click.argument("file", type=click.File()), click.argument("name")):
        function = decorate(function)
    return function


@click.command("list")
@at_namerd
@as_json
def list_(client: NamerdClient, as_json: bool) -> None:
    """Print the namespaces of a namerd, one a line."""
    names = client.list()
    click.echo(json.dumps(names) if as_json else "\n".join(names))


@click.command()
@click.argument("name")
@at_namerd
@as_json
def get(name: str, client: NamerdClient, as_json: bool) -> None:
    """Print the dtab of namespace NAME of a namerd, with its version."""
    found = client.get(name)
    if as_json:
        document = {"version": found.version, "dtab": found.dtab.document(exact=True)}
        click.echo(json.dumps(document))
        return
    click.echo(f"# version {found.version}")
    for line in dtab_lines(found.dtab, exact=True):
        click.echo(line)


@click.command()
@_by_file
def create(name: str, file: TextIO, client: NamerdClient) -> None:
    """Create namespace NAME of a namerd from FILE, or stdin for "-"."""
    client.create(name, _read(file).dtab)
    click.echo(f"Created {name}")


@click.command()
@_by_file
@version_option
def update(name: str, file: TextIO, client: NamerdClient, version: str | None) -> None:
    """Replace the dtab of NAME, which must be there, by FILE, or stdin for "-".

    Nothing is changed when somebody else has changed it since FILE was got.
    """
    given = _read(file)
    client.put(name, given.dtab, version or given.version or client.get(name).version)
    click.echo(f"Updated {name}")


@click.command()
@_by_file
def put(name: str, file: TextIO, client: NamerdClient) -> None:
    """Let FILE, or stdin for "-", be the dtab of NAME, whatever is there."""
    client.put(name, _read(file).dtab, None)
    click.echo(f"Updated {name}")


@click.command()
@click.argument("name")
@at_namerd
def delete(name: str, client: NamerdClient) -> None:
    """Delete namespace NAME of a namerd."""
    client.delete(name)
    click.echo(f"Deleted {name}")


COMMANDS = (list_, get, create, update, put, delete)


def _read(file: TextIO) -> _Given:
    """A dtab as text or as JSON, ``[…]`` or ``{"version": …, "dtab": […]}``."""
    from clew.mesh.namerd.dtab_text import JSON, BadDtab, read_body
    from clew.mesh.naming.dtab import Dtab
    from clew.mesh.naming.path import ParseError

    try:
        text = str(file.read())
        if not text.lstrip().startswith(("{", "[")):
            marked = _VERSION.match(text)
            return _Given(Dtab.read(text), marked.group(1) if marked else None)
        document = json.loads(text)
        version = None
        if isinstance(document, dict):
            version, document = document.get("version"), document.get("dtab")
        dtab = read_body(json.dumps(document).encode(), JSON)
    except ParseError as error:
        raise NotADtab(f"{file.name}:{error.line + 1}: {error.in_line}") from error
    except BadDtab as error:
        raise NotADtab(f"{file.name}: {error.message}") from error
    except ValueError as error:
        raise NotADtab(f"{file.name}: neither a dtab nor JSON: {error}") from error
    return _Given(dtab, str(version) if version else None)

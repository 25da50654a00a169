"""``clew dtab get`` and its siblings: the dtabs that a namerd keeps, as namerctl had them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

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
base_url = click.option(
    "--base-url",
    envvar="NAMERCTL_BASE_URL",
    default=BASE_URL,
    show_default=True,
    show_envvar=True,
    help="Where namerd is.",
)
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


def _by_file(function: Callable[..., None]) -> Callable[..., None]:
    for decorate in (base_url, click.argument("file", type=click.File()), click.argument("name")):
        function = decorate(function)
    return function


@click.command("list")
@base_url
@as_json
def list_(base_url: str, as_json: bool) -> None:
    """Print the namespaces of a namerd, one a line."""
    names = _client(base_url).list()
    click.echo(json.dumps(names) if as_json else "\n".join(names))


@click.command()
@click.argument("name")
@base_url
@as_json
def get(name: str, base_url: str, as_json: bool) -> None:
    """Print the dtab of namespace NAME of a namerd, with its version."""
    found = _client(base_url).get(name)
    if as_json:
        document = {"version": found.version, "dtab": found.dtab.document(exact=True)}
        click.echo(json.dumps(document))
        return
    click.echo(f"# version {found.version}")
    for line in dtab_lines(found.dtab, exact=True):
        click.echo(line)


@click.command()
@_by_file
def create(name: str, file: TextIO, base_url: str) -> None:
    """Create namespace NAME of a namerd from FILE, or stdin for "-"."""
    _client(base_url).create(name, _read(file).dtab)
    click.echo(f"Created {name}")


@click.command()
@_by_file
@version_option
def update(name: str, file: TextIO, base_url: str, version: str | None) -> None:
    """Replace the dtab of NAME, which must be there, by FILE, or stdin for "-".

    Nothing is changed when somebody else has changed it since FILE was got.
    """
    client, given = _client(base_url), _read(file)
    client.put(name, given.dtab, version or given.version or client.get(name).version)
    click.echo(f"Updated {name}")


@click.command()
@_by_file
def put(name: str, file: TextIO, base_url: str) -> None:
    """Let FILE, or stdin for "-", be the dtab of NAME, whatever is there."""
    _client(base_url).put(name, _read(file).dtab, None)
    click.echo(f"Updated {name}")


@click.command()
@click.argument("name")
@base_url
def delete(name: str, base_url: str) -> None:
    """Delete namespace NAME of a namerd."""
    _client(base_url).delete(name)
    click.echo(f"Deleted {name}")


COMMANDS = (list_, get, create, update, put, delete)


def _client(base_url: str) -> NamerdClient:
    from clew.cli.namerd_client import NamerdClient

    return NamerdClient(base_url)


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

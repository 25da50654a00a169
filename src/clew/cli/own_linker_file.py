"""The linker file that a mesh in Kubernetes is to run, and what its manifests do not give it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from clew.check.linker_file import IS_NAMERD
from clew.check.needs import Directory, File, Variable, needs
from clew.cli.config_text import config_text
from clew.cli.linker_files import linker_texts
from clew.install.mesh import VARIABLES
from clew.install.ports import is_loopback
from clew.mesh.config.authority import DirectoryAuthority
from clew.mesh.config.certificates import used_authority
from clew.mesh.config.linker import Linker, read_linker


def own_linker_file(file: Path) -> tuple[str, Linker]:
    """Its text, and what it says. Raises ClewError."""
    text, *more = linker_texts(config_text(file), str(file))
    if more:
        raise click.UsageError(f"{file} holds several linker files: --config takes one")
    if IS_NAMERD.search(text):
        raise click.UsageError(f"{file} is of namerd: --config takes the linker file of a mesh")
    return text, read_linker(text, str(file))


def lacks(linker: Linker) -> Iterator[str]:
    """What is left to do for whoever installs it."""
    for router in linker.routers:
        for server in router.servers:
            if is_loopback(server.ip):
                yield (
                    f"router {router.label} listens on {server.ip}:{server.port}, which only its "
                    "own pod reaches: write ip: 0.0.0.0"
                )
    if isinstance(used_authority(linker), DirectoryAuthority):
        yield (
            "authority is a directory, which pods do not share: write "
            "authority: {kind: io.clew.k8s, namespace: NAMESPACE}"
        )
    for need in needs(linker):
        match need.thing:
            case Directory(path):
                yield f"{need.who} needs the directory {path}: add a volume to the DaemonSet"
            case File(path):
                yield f"{need.who} needs the file {path}: add a volume to the DaemonSet"
            case Variable(names, field) if not VARIABLES.keys() & set(names):
                yield f"{need.who} needs {names[0]}: add it to the DaemonSet, from {field}"

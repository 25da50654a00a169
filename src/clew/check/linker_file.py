"""Whether a linker or namerd file is right, and whether it could run here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.check import ports, reach
from clew.check.finding import Finding, ok, problem, warning
from clew.check.needs import Kubernetes, needs
from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.config.namerd import Namerd, read_namerd
from clew.mesh.config.notes import notes
from clew.mesh.naming.bound import Address

# not by parsing: a file with a mistake in it must be known too
IS_NAMERD = re.compile(r"""^(["']?)storage\1\s*:""", re.MULTILINE)

CHECK = "file"
"""What findings about the text itself are about."""


@dataclass(frozen=True, slots=True)
class Files:
    """The linker files in what a user named, or a namerd file."""

    source: str
    """The name, for messages."""
    texts: Sequence[str]
    """One, or those of a manifest."""


def read(files: Files) -> tuple[Sequence[Linker | Namerd], Sequence[Finding]]:
    """Those that are right, and what was found of each."""
    right: list[Linker | Namerd] = []
    found: list[Finding] = []
    for text in files.texts:
        try:
            file = (read_namerd if IS_NAMERD.search(text) else read_linker)(text, files.source)
        except ConfigError as error:
            for each in error.problems:
                seen = f"{files.source}:{each.line}: {each.what}"
                found.append(problem(CHECK, seen, each.hint or "correct this line"))
        else:
            right.append(file)
            found.append(ok(CHECK, f"{files.source} is right"))
            for note in notes(file):
                found.append(warning(CHECK, note, "take it out, or leave it: it does nothing"))
    return right, found


def of_machine(file: Linker | Namerd) -> Iterator[Finding]:
    """Whether its ports are free."""
    scheme = "http" if file.admin.tls is None else "https"
    here = Address(file.admin.ip, file.admin.port).nearby
    name = "this mesh" if isinstance(file, Linker) else "this namerd"
    program = ports.Program(name, [*_listens(file)], f"{scheme}://{here}/admin/ping")
    yield from ports.findings(program, problem)


def _listens(file: Linker | Namerd) -> Iterator[tuple[str, Address]]:
    if isinstance(file, Linker):
        for router in file.routers:
            for server in router.servers:
                yield f"router {router.label}", Address(server.ip, server.port)
    else:
        for each in file.controllers:
            yield each.kind, Address(each.ip, each.port)
    yield "admin", Address(file.admin.ip, file.admin.port)
    if file.admin.http_identifier_port is not None:
        yield "httpIdentifierPort", Address(file.admin.ip, file.admin.http_identifier_port)


def of_surroundings(file: Linker | Namerd, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether what it needs is there; some take seconds."""
    for need in needs(file):
        yield reach.finding(need, environment)


def asks_kubernetes(file: Linker | Namerd) -> bool:
    """Whether any part of it does."""
    return any(isinstance(need.thing, Kubernetes) for need in needs(file))

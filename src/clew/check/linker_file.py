"""Whether a linker file is right, and whether a mesh could run it here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.check import ports, reach
from clew.check.finding import Finding, ok, problem, warning
from clew.check.needs import Kubernetes, needs
from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.config.notes import notes
from clew.mesh.naming.bound import Address

CHECK = "file"
"""What findings about the text itself are about."""


@dataclass(frozen=True, slots=True)
class Linkers:
    """The linker files in what a user named."""

    source: str
    """The name, for messages."""
    texts: Sequence[str]
    """One, or those of a manifest."""


def read(linkers: Linkers) -> tuple[Sequence[Linker], Sequence[Finding]]:
    """Those that are right, and what was found of each."""
    right: list[Linker] = []
    found: list[Finding] = []
    for text in linkers.texts:
        try:
            linker = read_linker(text, linkers.source)
        except ConfigError as error:
            for each in error.problems:
                seen = f"{linkers.source}:{each.line}: {each.what}"
                found.append(problem(CHECK, seen, each.hint or "correct this line"))
        else:
            right.append(linker)
            found.append(ok(CHECK, f"{linkers.source} is right"))
            for note in notes(linker):
                found.append(warning(CHECK, note, "take it out, or leave it: it does nothing"))
    return right, found


def of_machine(linker: Linker) -> Iterator[Finding]:
    """Whether its ports are free."""
    scheme = "http" if linker.admin.tls is None else "https"
    admin = Address(linker.admin.ip, linker.admin.port)
    listens = [
        *(
            (f"router {router.label}", Address(server.ip, server.port))
            for router in linker.routers
            for server in router.servers
        ),
        ("admin", admin),
    ]
    if linker.admin.http_identifier_port is not None:
        beside = Address(linker.admin.ip, linker.admin.http_identifier_port)
        listens.append(("httpIdentifierPort", beside))
    here = Address(_near(admin.host), admin.port)
    mesh = ports.Program("this mesh", listens, f"{scheme}://{here}/admin/ping")
    yield from ports.findings(mesh, problem)


def of_surroundings(linker: Linker, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether what it needs is there; some take seconds."""
    for need in needs(linker):
        yield reach.finding(need, environment)


def asks_kubernetes(linker: Linker) -> bool:
    """Whether any part of it does."""
    return any(isinstance(need.thing, Kubernetes) for need in needs(linker))


def _near(ip: str) -> str:
    """How an address to listen on is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(ip, ip)

"""The names of on-demand clusters: what Envoy makes of a request, and what it asks us about.

``outgoing/svc/hello;dtab=/host/world=>/srv/world-v2``: the router's label, its ``dstPrefix``, the
identified value as it came, and the request's own dtab when it has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.config.linker import Linker
from clew.mesh.config.router import Router
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.xds.identifiers import OVERRIDE_MARK, WAY_MARK, read_identified

PIECE_MARK = ","
"""Between the dtabs of several header lines; a comma cannot occur in a dtab."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A cluster name, read."""

    router: str
    """The router's label."""
    name: Path
    """The logical name, ``/svc/hello``; only the router's prefix when nothing was identified."""
    identified: bool
    """False when the request did not say where it goes, as without a Host."""
    override: str = ""
    """The request's dtabs as they came, joined by ``PIECE_MARK``; empty when there is none."""
    unreadable: str = ""
    """Why what should be the name is no path; empty when it is one."""

    def read_override(self) -> Dtab:
        """The dtabs one after the other, so that the later wins. Raises ParseError."""
        dtab = Dtab()
        for piece in self.override.split(PIECE_MARK):
            dtab += Dtab.read(piece)
        return dtab


def name_prefix(router: Router) -> str:
    """What the names of a router's clusters begin with, up to the identified value."""
    return f"{router.label}{logical_prefix(router)}"


def logical_prefix(router: Router) -> str:
    """``/svc/``: a logical name up to the identified value."""
    return f"{router.dst_prefix}/" if router.dst_prefix else "/"


def logical_part(cluster: str) -> str:
    """The name of a cluster up to what was written behind the logical name."""
    return cluster.partition(OVERRIDE_MARK)[0].partition(WAY_MARK)[0]


def read_asked(cluster: str, linker: Linker) -> Asked | None:
    """None when no router of the file makes such a name, as after its label was edited."""
    owners = [router for router in linker.routers if cluster.startswith(name_prefix(router))]
    if not owners:
        return None
    router = max(owners, key=lambda router: len(name_prefix(router)))
    rest = cluster.removeprefix(name_prefix(router))
    value, _, override = rest.partition(OVERRIDE_MARK)
    try:
        identified = read_identified(router.identifier, value)
    except ParseError as error:
        return Asked(router.label, router.dst_prefix, False, override, error.message)
    name = router.dst_prefix + (identified or Path())
    return Asked(router.label, name, identified is not None, override)

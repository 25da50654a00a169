"""The whole namerd file, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from clew.mesh.config.admin import Admin
from clew.mesh.config.interfaces import HttpController, Interface
from clew.mesh.config.namers import Namer
from clew.mesh.config.section import AtLeastOneItem, Conflict, Port, Section
from clew.mesh.config.storage import Storage
from clew.mesh.config.telemetry import Telemeter
from clew.mesh.config.whole_file import read_whole

_NO_INTERFACES = "At least one interface must be specified in the configuration."


class NamerdAdmin(Admin, frozen=True, kw_only=True):
    """Health, counters and name resolution for operators."""

    no_effect: ClassVar = {
        **Admin.no_effect,
        "shutdown_grace_ms": "meshes go on with what they know, and come back by themselves",
        "http_identifier_port": "only meshes have routers that name requests",
    }

    port: Port = 9991


class Namerd(Section, frozen=True, kw_only=True):
    """What a file of namerd 1.x says."""

    no_effect: ClassVar = {"telemetry": "counters are on the admin port, /admin/metrics/prometheus"}

    storage: Storage
    interfaces: Annotated[tuple[Interface, ...], AtLeastOneItem(_NO_INTERFACES)]
    namers: tuple[Namer, ...] = ()
    telemetry: tuple[Telemeter, ...] = ()
    admin: NamerdAdmin = NamerdAdmin()

    @property
    def controllers(self) -> tuple[HttpController, ...]:
        """The interfaces that are served."""
        return tuple(each for each in self.interfaces if isinstance(each, HttpController))

    def conflicts(self) -> Iterator[Conflict]:
        if self.interfaces and not self.controllers:
            yield Conflict(
                self,
                "interfaces",
                "none of the interfaces is io.l5d.httpController, which is the one that clew "
                "serves; add it, and let meshes use the interpreter io.l5d.namerd.http",
            )
        yield from self._same_ports()
        yield from self._same_prefixes()

    def _same_ports(self) -> Iterator[Conflict]:
        taken = {(self.admin.ip, self.admin.port)}
        for each in self.controllers:
            place = (each.ip, each.port)
            if place in taken and each.port:
                yield Conflict(each, "port", f"port {each.port} of {each.ip} is taken already")
            taken.add(place)

    def _same_prefixes(self) -> Iterator[Conflict]:
        for index, namer in enumerate(self.namers):
            for other in self.namers[:index]:
                if namer.root.startswith(other.root) or other.root.startswith(namer.root):
                    yield Conflict(
                        namer,
                        "prefix",
                        f"the prefixes {other.prefix} and {namer.prefix} of two namers overlap",
                    )


def read_namerd(text: str, source: str) -> Namerd:
    """As :func:`clew.mesh.config.linker.read_linker` reads a linker file."""
    return read_whole(text, source, Namerd, "'storage' and 'interfaces'")

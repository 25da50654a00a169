"""The whole linker file, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from clew.mesh.config.admin import Admin
from clew.mesh.config.authority import Authority, DirectoryAuthority
from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.namers import Namer
from clew.mesh.config.problems import ConfigError
from clew.mesh.config.router import AnyRouter
from clew.mesh.config.section import AtLeastOneItem, Conflict, Section
from clew.mesh.config.telemetry import Telemeter
from clew.mesh.config.tls import IngressServerTls
from clew.mesh.config.usage import Usage
from clew.mesh.config.whole_file import read_whole

__all__ = ["ConfigError", "Linker", "read_linker"]

_NO_ROUTERS = "At least one router must be specified in the configuration."


class Linker(Section, frozen=True, kw_only=True):
    """What a Linkerd 1.x file says."""

    no_effect: ClassVar = {"usage": "clew reports nothing to anyone"}
    elsewhere: ClassVar = {"tracers": "since Linkerd 1.0 they stand under telemetry"}

    routers: Annotated[tuple[AnyRouter, ...], AtLeastOneItem(_NO_ROUTERS)]
    namers: tuple[Namer, ...] = ()
    """Later ones are asked first."""
    telemetry: tuple[Telemeter, ...] = ()
    admin: Admin = Admin()
    authority: Authority = DirectoryAuthority()
    """Used where ``tls`` is ``auto``."""
    usage: Usage = Usage()

    def conflicts(self) -> Iterator[Conflict]:
        yield from self._same_labels()
        yield from self._same_ports()
        yield from self._hosts_of_nobody()

    def _hosts_of_nobody(self) -> Iterator[Conflict]:
        for router in self.routers:
            if not any(isinstance(each, IngressIdentifier) for each in router.identifier):
                for server in router.servers:
                    if isinstance(server.tls, IngressServerTls):
                        what = f"tls: ingress needs the identifier io.l5d.ingress in {router.label}"
                        yield Conflict(server, "tls", what)

    def _same_labels(self) -> Iterator[Conflict]:
        labels = set()
        for router in self.routers:
            if router.label in labels:
                yield Conflict(router, "label", f"Multiple routers with the label {router.label}")
            labels.add(router.label)

    def _same_ports(self) -> Iterator[Conflict]:
        of_admin = {
            (self.admin.ip, port): name
            for port, name in (
                (self.admin.port, "the admin port"),
                (self.admin.http_identifier_port, "the port httpIdentifierPort"),
            )
            if port
        }
        if self.admin.http_identifier_port == self.admin.port != 0:
            yield Conflict(
                self.admin, "http_identifier_port", f"port {self.admin.port} is the admin port"
            )
        taken: set[tuple[str, int]] = set()
        for server in (server for router in self.routers for server in router.servers):
            place = (server.ip, server.port)
            if place in taken:
                yield Conflict(server, "port", f"Server conflict on port {server.port}")
            elif place in of_admin:
                yield Conflict(server, "port", f"port {server.port} is {of_admin[place]} already")
            taken.add(place)


def read_linker(text: str, source: str) -> Linker:
    """The file, checked. ``source`` is its name in messages. Raises ConfigError with all problems.

    It is JSON when it begins with a brace, else YAML. Whether directories exist is not looked at.
    """
    return read_whole(text, source, Linker, "'routers'")

"""Servers of ZooKeeper, as namers and announcers name them."""

from __future__ import annotations

from clew.mesh.config.section import Port, Section
from clew.mesh.naming.bound import Address


class ZkAddr(Section, frozen=True, kw_only=True):
    """A server of ZooKeeper."""

    host: str
    port: Port = 2181

    def __str__(self) -> str:
        return str(Address(self.host, self.port))

"""Whether the ports of a linker file are free, before Envoy is started."""

from __future__ import annotations

import errno
import socket

from clew.errors import ClewError
from clew.mesh.config.linker import Linker


class PortInUse(ClewError):
    """A router cannot listen on its port."""


def check_ports(linker: Linker) -> None:
    """Raises PortInUse for the first port of a router that cannot be listened on.

    Envoy would only say so in its log, and go on without the port.
    """
    for router in linker.routers:
        for server in router.servers:
            if error := refused(server.ip, server.port):
                raise _unusable(router.label, f"{server.ip}:{server.port}", error) from error


def refused(ip: str, port: int) -> OSError | None:
    """Why a port cannot be listened on; None where it can."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # as servers do: a port whose last connections still wait to expire is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
            probe.listen()
        except OSError as error:
            return error
    return None


def _unusable(label: str, place: str, error: OSError) -> PortInUse:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"router {label}: {place} is already in use by another program",
            hint="stop it, or give the server another port",
        )
    return PortInUse(
        f"router {label}: {place} cannot be listened on: {error.strerror}",
        hint="give the server an ip and port of this machine",
    )

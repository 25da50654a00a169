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
            family = socket.AF_INET6 if ":" in server.ip else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((server.ip, server.port))
                except OSError as error:
                    raise _unusable(router.label, f"{server.ip}:{server.port}", error) from error


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

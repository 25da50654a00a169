"""The sockets at which a server listens, bound before anything else is opened."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

from clew.errors import ClewError

BACKLOG = 2048
"""Connections that may wait to be accepted."""


class CannotListen(ClewError):
    """The address is in use, is not ours, or needs more rights."""


@contextlib.contextmanager
def listening(host: str, *ports: int) -> Iterator[list[socket.socket]]:
    """A bound socket for each port; 0 is any free one. Raises CannotListen."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_listener(host, port)) for port in ports]


def port(listener: socket.socket) -> int:
    """Where ``listener`` listens."""
    number: int = listener.getsockname()[1]
    return number


def address(listener: socket.socket) -> str:
    """Its URL for HTTP."""
    host, number = listener.getsockname()[:2]
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            _remedy(error),
        ) from error
    return listener


def _remedy(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "--host takes an address of this machine, or 0.0.0.0 for all"
    if error.errno == errno.EACCES:
        return "ports below 1024 need more rights: choose another port"
    return "stop what listens there, or choose another port"

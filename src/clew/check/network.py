"""What the network answers: names, and ports."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import dns.exception
import dns.resolver

RESOLV_CONF = Path("/etc/resolv.conf")
SECONDS = 3.0
"""For one name or one connection."""


def resolve(name: str, resolv_conf: Path = RESOLV_CONF) -> tuple[Sequence[str], str]:
    """The addresses of a name, by the search domains; without one, why."""
    why = ""
    for kind in ("A", "AAAA"):
        try:
            resolver = dns.resolver.Resolver(filename=str(resolv_conf))
            answer = resolver.resolve(name, kind, search=True, lifetime=SECONDS)
            return [record.address for record in answer], ""
        except dns.resolver.NoAnswer:
            why = "it has no address"
        except dns.resolver.NXDOMAIN:
            return (), "there is no such name"
        except (dns.exception.DNSException, OSError) as error:
            return (), str(error) or type(error).__name__
    return (), why


def answers(host: str, port: int) -> bool:
    """Whether a connection is accepted."""
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError:
        return False
    return True

"""The addresses of this machine, for the transformer that keeps no others."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path as File

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")


def local_ips() -> frozenset[str]:
    """Those of the interfaces where the kernel lists them, else those of the host's name."""
    return _LOOPBACK | (_ipv4() | _ipv6() or _of_host_name())


def _ipv4() -> frozenset[str]:
    return frozenset(_LOCAL.findall(_read("/proc/net/fib_trie")))


def _ipv6() -> frozenset[str]:
    written = (line.split()[0] for line in _read("/proc/net/if_inet6").splitlines())
    return frozenset(str(ipaddress.IPv6Address(int(digits, 16))) for digits in written)


def _of_host_name() -> frozenset[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(address[0]).partition("%")[0] for *_, address in found)


def _read(file: str) -> str:
    try:
        return File(file).read_text()
    except OSError:
        return ""

"""The files of io.l5d.fs: one endpoint a line, ``host port`` or ``host port * weight``."""

from __future__ import annotations

import re

from clew.mesh.naming.bound import Addr, Address, Addresses, AddrFailed

MAX_BYTES = 500_000
"""Linkerd's limit of a file."""

_LINE = re.compile(r"(\S+)\s+([0-9]{1,5})(?:\s*\*\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+))?")


def read_addresses(content: bytes, place: str) -> Addr:
    """The endpoints of a file; failed as a whole when a line is wrong.

    ``#`` begins a comment. ``place`` is the file's name in what is said about a wrong line.
    """
    if len(content) > MAX_BYTES:
        return AddrFailed(f"{place}: is larger than {MAX_BYTES} bytes")
    members = set()
    for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        address = _read_line(written)
        if address is None:
            hint = "it should be: host port, or: host port * weight"
            return AddrFailed(f"{place}:{number}: malformed address: {written[:100]} ({hint})")
        members.add(address)
    return Addresses(frozenset(members))


def _read_line(line: str) -> Address | None:
    parts = _LINE.fullmatch(line)
    if parts is None or not 1 <= int(parts[2]) <= 65535:
        return None
    return Address(parts[1], int(parts[2]), float(parts[3]) if parts[3] else 1.0)

"""Which program of this machine listens on a port, as Linux tells under /proc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")

_LISTENS = "0A"
"""The state of a socket that listens (net/tcp_states.h)."""


def sockets(table: str, port: int) -> frozenset[str]:
    """The inodes of those that listen on ``port``, of the text of /proc/net/tcp or tcp6. Pure."""
    found = set()
    for line in table.splitlines()[1:]:
        match line.split():
            case [_, local, _, state, _, _, _, _, _, inode, *_] if state == _LISTENS:
                if int(local.rpartition(":")[2], 16) == port:
                    found.add(inode)
    return frozenset(found)


def holder(port: int, proc: Path = PROC) -> str:
    """``envoy (process 4242)``; empty where that may not be seen."""
    wanted = {
        f"socket:[{inode}]"
        for table in ("net/tcp", "net/tcp6")
        for inode in sockets(_text(proc / table), port)
    }
    for process in proc.glob("[0-9]*"):
        if not wanted.isdisjoint(_open(process / "fd")):
            return f"{_name(process)} (process {process.name})"
    return ""


def _name(process: Path) -> str:
    """The command; of one that Python runs its script."""
    words = _text(process / "cmdline").split("\0")
    name = Path(words[0]).name
    if re.fullmatch(r"python[\d.]*", name) and len(words) > 1 and words[1].startswith("/"):
        return Path(words[1]).name
    return name or _text(process / "comm").strip()


def _open(directory: Path) -> Iterator[str]:
    try:
        names = os.listdir(directory)
    except OSError:  # another user's, or it has just ended
        return
    for name in names:
        try:
            yield os.readlink(directory / name)
        except OSError:
            continue


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""

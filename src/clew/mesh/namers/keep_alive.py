"""Connections on which nothing may come for minutes, because something is watched there."""

from __future__ import annotations

import socket

KEEP_ALIVE: list[tuple[int, int, int]] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
"""Socket options: a host that is gone without a word is noticed after half a minute."""
if hasattr(socket, "TCP_KEEPIDLE"):
    KEEP_ALIVE += [
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    ]

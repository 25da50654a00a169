"""``admin``: the port for operators."""

from __future__ import annotations

from typing import ClassVar

from clew.mesh.config.section import Count, Ip, Pattern, Port, Section
from clew.mesh.config.sockets import SocketOptions
from clew.mesh.config.tls import ServerTls


class Security(Section, frozen=True, kw_only=True):
    """Which pages of the admin port are served."""

    ui_enabled: bool = True
    control_enabled: bool = True
    diagnostics_enabled: bool = True
    path_whitelist: tuple[Pattern, ...] = ()
    """Served although their group is not; each must match the whole path."""
    path_blacklist: tuple[Pattern, ...] = ()
    """Never served; each must match the whole path."""


class Admin(Section, frozen=True, kw_only=True):
    """Metrics, health and name resolution for operators."""

    no_effect: ClassVar = {
        "worker_threads": "the admin port needs no threads of its own",
        "socket_options": "the system's socket settings are used",
    }

    ip: Ip = "127.0.0.1"
    port: Port = 9990
    shutdown_grace_ms: Count = 10_000
    """Milliseconds that requests in flight have to end when the mesh is stopped."""
    socket_options: SocketOptions | None = None
    worker_threads: Count = 2
    http_identifier_port: Port | None = None
    """Where a request of any kind is told how each ``http`` router would name it, and by which
    dtab; None is nowhere."""
    tls: ServerTls | None = None
    """None is plain HTTP."""
    security: Security | None = None

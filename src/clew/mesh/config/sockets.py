"""``socketOptions``, ``serverSession`` and ``clientSession``: what is asked of connections."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import Count, Rule, Section

StreamWindow = Annotated[
    int, Rule(lambda size: 65_535 <= size < 1 << 31, "a window from 65535 to 2147483647 bytes")
]


class SocketOptions(Section, frozen=True, kw_only=True):
    """Options of the listening or connecting socket."""

    no_delay: bool = True
    reuse_addr: bool = True
    reuse_port: bool = False
    read_timeout_ms: Count | None = None
    """Milliseconds; None is no limit."""
    write_timeout_ms: Count | None = None
    """Milliseconds; None is no limit."""
    keep_alive: bool | None = None
    """None leaves the system's setting."""
    backlog: Count | None = None
    """Connections waiting to be accepted; None leaves the system's setting."""


class Session(Section, frozen=True, kw_only=True):
    """How long a connection may live."""

    idle_time_ms: Count | None = None
    """Milliseconds without a request after which it is closed; None is never."""
    life_time_ms: Count | None = None
    """Milliseconds after which it is closed in any case; None is never."""

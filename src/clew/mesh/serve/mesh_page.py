"""What a mesh is, as ``/clew/mesh.json`` tells its pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clew.mesh.config.linker import Linker
from clew.mesh.config.router import AnyRouter
from clew.mesh.config.tls import AutoServerTls
from clew.mesh.serve.refusals import Refusal


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Which mesh this is, and since when."""

    version: str
    envoy: str
    """Its version."""
    started: int
    """Milliseconds since the epoch, as the next."""
    configured: int
    """When the configuration in use was taken."""


def server_info(running: Running, now: int) -> dict[str, Any]:
    """``/admin/server_info``. ``now`` is milliseconds since the epoch."""
    return {
        "name": "clew",
        "version": running.version,
        "envoy": running.envoy,
        "start_time": running.started,
        "uptime": now - running.started,
    }


def mesh_document(
    running: Running,
    linker: Linker,
    refused: Iterable[Refusal],
    collectors: Sequence[tuple[str, int]],
) -> dict[str, Any]:
    """The values are explained in docs/commands.md.

    ``linker`` has the dtabs of files in it; ``collectors`` are those that have pages.
    """
    return {
        **msgspec.to_builtins(running),
        "refused": msgspec.to_builtins(list(refused)),
        "collectors": [{"host": host, "port": port} for host, port in collectors],
        "routers": [_router(router) for router in linker.routers],
    }


def _router(router: AnyRouter) -> dict[str, Any]:
    return {
        "label": router.label,
        "protocol": router.protocol,
        "prefix": str(router.dst_prefix),
        "servers": [server.service_name for server in router.servers],
        "auto_tls": {
            server.service_name: "permissive" if server.tls.permissive else "strict"
            for server in router.servers
            if isinstance(server.tls, AutoServerTls)
        },
        "interpreter": router.interpreter.kind,
        "dtab": router.dtab.document(),
    }

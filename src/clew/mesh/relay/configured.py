"""From the linker file to what the relay works with."""

from __future__ import annotations

from collections.abc import Iterable

from clew.mesh.config.linker import Linker
from clew.mesh.config.telemetry import Telemeter, ZipkinHttpTelemeter, ZipkinTelemeter
from clew.mesh.relay.enrich import ServerFacts
from clew.mesh.xds.listeners import server_key


def server_facts(linker: Linker) -> dict[str, ServerFacts]:
    """What is added to the spans of each server."""
    return {
        server_key(router, index): ServerFacts(
            service_name=server.service_name,
            router_label=router.label,
            dtab_base=str(router.dtab),
            ip=server.ip,
            port=server.port,
        )
        for router in linker.routers
        for index, server in enumerate(router.servers)
    }


def collectors(telemetry: Iterable[Telemeter]) -> tuple[tuple[str, int], ...]:
    """Host and port of every collector that takes spans, each once."""
    places: dict[tuple[str, int], None] = {}
    for telemeter in telemetry:
        match telemeter:
            case ZipkinTelemeter(host=host, port=port):
                places[host, port] = None
            case ZipkinHttpTelemeter(host=authority):
                host, _, port_text = authority.rpartition(":")
                places[host.strip("[]"), int(port_text)] = None
    return tuple(places)

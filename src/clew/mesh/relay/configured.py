"""From the linker file to what the relay works with."""

from __future__ import annotations

from collections.abc import Iterable

from clew.mesh.config.linker import Linker
from clew.mesh.config.telemetry import (
    OtlpTelemeter,
    Telemeter,
    ZipkinHttpTelemeter,
    ZipkinTelemeter,
)
from clew.mesh.relay.collector import ByScribe, Collector, Otlp, Zipkin
from clew.mesh.relay.enrich import ServerFacts
from clew.mesh.relay.scribe import PORT as SCRIBE_PORT
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


def collectors(telemetry: Iterable[Telemeter]) -> tuple[Collector, ...]:
    """Every collector that takes spans, each once."""
    found: dict[Collector, None] = {}
    for telemeter in telemetry:
        match telemeter:
            case ZipkinTelemeter(place=place):
                form = ByScribe() if place.port == SCRIBE_PORT else Zipkin()
                found[Collector(place, form)] = None
            case ZipkinHttpTelemeter(place=place, host_header=header):
                found[Collector(place, Zipkin(header))] = None
            case OtlpTelemeter(place=place, path=path):
                found[Collector(place, Otlp(path))] = None
    return tuple(found)

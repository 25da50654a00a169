from __future__ import annotations

from clew.mesh.config.linker import read_linker
from clew.mesh.naming.bound import Address
from clew.mesh.relay.collector import ByScribe, Collector, Otlp, Zipkin
from clew.mesh.relay.configured import collectors, server_facts
from clew.mesh.relay.enrich import ServerFacts

LINKER = read_linker(
    """
telemetry:
- {kind: io.l5d.zipkin, host: a, port: 9410}
- {kind: io.zipkin.http, host: "[::1]:9411"}
- {kind: io.l5d.zipkin, host: a, port: 9410, sampleRate: 1.0}
- {kind: io.l5d.zipkin, host: a, port: 9411}
- {kind: io.clew.otlp, host: a, path: /otlp/v1/traces}
- {kind: io.l5d.prometheus}
routers:
- {protocol: http, label: out, dtab: /svc => /a, servers: [{port: 4140, ip: 0.0.0.0}]}
""",
    "linkerd.yaml",
)


def test_every_place_that_takes_spans_is_a_collector_once() -> None:
    assert collectors(LINKER.telemetry) == (
        Collector(Address("a", 9410), ByScribe()),
        Collector(Address("::1", 9411), Zipkin("zipkin")),
        Collector(Address("a", 9411), Zipkin()),
        Collector(Address("a", 4318), Otlp("/otlp/v1/traces")),
    )


def test_every_server_has_its_facts() -> None:
    assert server_facts(LINKER) == {
        "out/0": ServerFacts("0.0.0.0/4140", "out", "/svc=>/a", "0.0.0.0", 4140)
    }

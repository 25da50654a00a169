from __future__ import annotations

import socket

import pytest

from clew.mesh.app import PortInUse, check_ports, collectors, server_facts, workers
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.relay.enrich import ServerFacts


def linker(port: int = 4140, ip: str = "127.0.0.1") -> Linker:
    return read_linker(
        f"""
telemetry:
- {{kind: io.l5d.zipkin, host: a, port: 9410}}
- {{kind: io.zipkin.http, host: "[::1]:9411"}}
- {{kind: io.l5d.zipkin, host: a, port: 9410, sampleRate: 1.0}}
- {{kind: io.l5d.prometheus}}
routers:
- {{protocol: http, label: out, dtab: /svc => /a, servers: [{{port: {port}, ip: "{ip}"}}]}}
""",
        "linkerd.yaml",
    )


def test_every_place_that_takes_spans_is_a_collector_once() -> None:
    assert collectors(linker().telemetry) == (("a", 9410), ("::1", 9411))


def test_the_relay_knows_every_server() -> None:
    assert server_facts(linker(ip="0.0.0.0")) == {
        "out/0": ServerFacts("0.0.0.0/4140", "out", "/svc=>/a", "0.0.0.0", 4140)
    }


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)])
def test_envoy_has_half_of_the_machine(cpus: int, threads: int) -> None:
    assert workers(cpus) == threads


def test_a_port_in_use_is_said_with_its_router() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"router out: 127.0.0.1:{port} is already in use"):
            check_ports(linker(port))
    check_ports(linker(port))


def test_an_address_of_another_machine_is_said_too() -> None:
    with pytest.raises(PortInUse, match=r"router out: 192\.0\.2\.1:4140 cannot be listened on"):
        check_ports(linker(ip="192.0.2.1"))

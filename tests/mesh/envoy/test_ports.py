from __future__ import annotations

import socket

import pytest

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.envoy.ports import PortInUse, check_ports


def linker(port: int = 4140, ip: str = "127.0.0.1") -> Linker:
    return read_linker(
        f"""
routers:
- {{protocol: http, label: out, dtab: /svc => /a, servers: [{{port: {port}, ip: "{ip}"}}]}}
""",
        "linkerd.yaml",
    )


def test_a_port_in_use_is_said_with_its_router() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"router out: 127.0.0.1:{port} is already in use"):
            check_ports(linker(port))
    check_ports(linker(port))


def test_an_address_of_another_machine_is_said_too() -> None:
    with pytest.raises(PortInUse, match=r"router out: 192\.0\.2\.1:4140 cannot be listened on"):
        check_ports(linker(ip="192.0.2.1"))

from __future__ import annotations

import socket
from pathlib import Path

from tests.mesh.relay.collector import unused_port

from clew.check import network


def test_without_a_resolver_the_reason_is_told(tmp_path: Path) -> None:
    addresses, why = network.resolve("kubernetes.default.svc", tmp_path / "absent")
    assert (addresses, bool(why)) == ((), True)


def test_a_port_answers_or_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert network.answers("127.0.0.1", listening.getsockname()[1])
    assert not network.answers("127.0.0.1", unused_port())

"""Where the demo puts its parts."""

from pathlib import Path

import pytest
import yaml

from clew.demo.topology import lay_out, linker_file

EXAMPLE = Path(__file__).parents[2] / "examples/hello-world"


def test_one_node_runs_the_example_as_it_is() -> None:
    topology = lay_out(nodes=1, offset=0)
    example = (EXAMPLE / "linkerd.yaml").read_text()

    assert linker_file(example, topology, topology.nodes[0]) == example
    assert topology.disco() == {
        file.name: file.read_text() for file in (EXAMPLE / "disco").iterdir()
    }


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_with_several_nodes_hello_and_world_never_share_one(nodes: int) -> None:
    topology = lay_out(nodes, offset=0)
    hosts = {
        service: {app.host for app in topology.apps if app.service == service}
        for service in ("hello", "world-v1")
    }

    assert all(hosts.values())
    assert not hosts["hello"] & hosts["world-v1"]


@pytest.mark.parametrize(("nodes", "offset"), [(1, 0), (3, 0), (2, 1000)])
def test_nothing_listens_twice_on_one_address(nodes: int, offset: int) -> None:
    listening = lay_out(nodes, offset).listening()

    assert len(set(listening)) == len(listening)
    assert all(port > offset for _, port in listening)


def test_an_offset_moves_every_port_of_the_file() -> None:
    topology = lay_out(nodes=2, offset=1000)
    second = yaml.safe_load(
        linker_file((EXAMPLE / "linkerd.yaml").read_text(), topology, topology.nodes[1])
    )
    outgoing, incoming = second["routers"]

    assert second["admin"] == {"ip": "127.0.0.2", "port": 10990}
    assert [t["port"] for t in second["telemetry"] if "port" in t] == [10411]
    assert outgoing["servers"] == [{"port": 5140, "ip": "127.0.0.2"}]
    assert outgoing["interpreter"]["transformers"] == [{"kind": "io.l5d.port", "port": 5141}]
    assert incoming["interpreter"]["transformers"] == [
        {"kind": "io.l5d.specificHost", "host": "127.0.0.2"}
    ]

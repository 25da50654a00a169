from __future__ import annotations

from pathlib import Path

import pytest
from tests.mesh.relay.collector import unused_port

from clew.check.linker_file import Files, asks_kubernetes, of_machine, of_surroundings, read

RIGHT = "routers: [{protocol: http, label: out, servers: [{port: 4140}]}]"


def rows(*texts: str) -> list[tuple[str, str, str]]:
    _, found = read(Files("linkerd.yaml", texts))
    return [(each.level.value, each.check, each.seen) for each in found]


def test_a_right_file_is_said_to_be() -> None:
    assert rows(RIGHT) == [("ok", "file", "linkerd.yaml is right")]


def test_each_mistake_is_told_with_its_line() -> None:
    right, found = read(Files("l.yaml", [RIGHT, f"{RIGHT}\nnames: []\nusage: {{x: 1}}"]))
    assert len(right) == 1
    assert [each.level.value for each in found] == ["ok", "problem", "problem"]
    assert [each.seen.partition(": ")[0] for each in found[1:]] == ["l.yaml:2", "l.yaml:3"]
    assert found[1].advice.startswith("did you mean")


def test_what_has_no_effect_is_a_warning() -> None:
    (_, note) = rows(f"{RIGHT}\nusage: {{enabled: false}}")
    assert note == ("warning", "file", "usage has no effect: clew reports nothing to anyone")


def test_ports_and_surroundings_of_a_file(tmp_path: Path) -> None:
    server, admin, identifiers = unused_port(), unused_port(), unused_port()
    text = f"""
admin: {{ip: 0.0.0.0, port: {admin}, httpIdentifierPort: {identifiers}}}
namers: [{{kind: io.l5d.fs, rootDir: {tmp_path}}}]
routers: [{{protocol: http, label: out, servers: [{{port: {server}}}]}}]
"""
    (linker,), _ = read(Files("l.yaml", [text]))
    (ports,) = of_machine(linker)
    free = f"127.0.0.1:{server}, 0.0.0.0:{admin}, 0.0.0.0:{identifiers}"
    assert ports.seen == f"free for this mesh: {free}"
    (need,) = of_surroundings(linker, {})
    assert need.seen == f"namers[0] io.l5d.fs: {tmp_path} has 0 entries"


def test_a_namerd_file_is_one_too(tmp_path: Path) -> None:
    controller, admin = unused_port(), unused_port()
    text = f"""
admin: {{port: {admin}}}
storage: {{kind: io.clew.fs, directory: {tmp_path}}}
interfaces: [{{kind: io.l5d.httpController, port: {controller}}}]
"""
    (namerd,), found = read(Files("namerd.yml", [text]))
    assert [each.seen for each in found] == ["namerd.yml is right"]
    (ports,) = of_machine(namerd)
    assert ports.seen == f"free for this namerd: 127.0.0.1:{controller}, 127.0.0.1:{admin}"
    (need,) = of_surroundings(namerd, {})
    assert need.seen == f"storage io.clew.fs: {tmp_path} has 0 entries"


@pytest.mark.parametrize(("kind", "asks"), [("io.l5d.k8s", True), ("io.l5d.dnssrv", False)])
def test_a_cluster_matters_to_files_that_ask_one(kind: str, asks: bool) -> None:
    (linker,), _ = read(Files("l.yaml", [f"namers: [{{kind: {kind}}}]\n{RIGHT}"]))
    assert asks_kubernetes(linker) is asks

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.mesh.relay.collector import unused_port

from clew.check import platform
from clew.check.doctor import examine
from clew.check.finding import ok
from clew.check.linker_file import Files
from clew.check.run import Here

FILE = "routers: [{{protocol: http, label: out, servers: [{{port: {port}}}]}}]"


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Whose Envoy and engine run."""
    monkeypatch.setattr(platform, "envoy", lambda: ok("envoy", "runs"))
    monkeypatch.setattr(platform, "engine", lambda: ok("engine", "opens"))
    return Here({"HOME": str(tmp_path)}, "default", proxy_port=unused_port())


def checks(here: Here, *texts: str) -> Sequence[str]:
    files = Files("linkerd.yaml", texts) if texts else None
    return list(dict.fromkeys(each.check for each in examine(here, files)))


def test_a_laptop_without_a_file_is_looked_at_for_the_demo(laptop: Here) -> None:
    assert checks(laptop) == ["open files", "envoy", "engine", "ports", "cluster"]


def test_with_a_file_what_it_needs(laptop: Here) -> None:
    file = f"admin: {{port: {unused_port()}}}\n" + FILE.format(port=unused_port())
    assert checks(laptop, file) == ["open files", "envoy", "engine", "file", "ports"]
    asking = f"{file}\nnamers: [{{kind: io.l5d.k8s, port: {unused_port()}}}]"
    assert checks(laptop, asking)[-2:] == ["needs", "cluster"]


def test_of_a_wrong_file_nothing_else(laptop: Here) -> None:
    assert checks(laptop, "routers: []") == ["open files", "envoy", "engine", "file"]


def test_a_pod_has_ports_of_its_own_and_no_room_for_the_engine(
    laptop: Here, tmp_path: Path
) -> None:
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", **laptop.environment}
    pod = dataclasses.replace(
        laptop, environment=environment, account=tmp_path, resolv_conf=tmp_path / "none"
    )
    assert checks(pod) == ["envoy", "cluster", "dns", "node names"]


def test_traces_come_last(laptop: Here) -> None:
    here = dataclasses.replace(laptop, traces=f"http://127.0.0.1:{unused_port()}")
    assert checks(here)[-1] == "traces"

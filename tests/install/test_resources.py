"""What the manifests reserve is what the benchmarks measured, with room, and is said so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.install.test_render import the

DOCS = Path(__file__).parents[2] / "docs"
MIB = 2**20 / 1e6
ROOM = 1.9
"""A reservation beyond what is measured times this keeps others out."""


def measured(section: str, row: str, column: int = 1) -> float:
    """MB, of a table of docs/bench.md."""
    text = (DOCS / "bench.md").read_text().partition(f"## `python -m bench {section}`")[2]
    (line,) = re.findall(rf"^\| {re.escape(row)} \|.*$", text.partition("\n## ")[0], re.MULTILINE)
    number = [cell.strip() for cell in line.strip("|").split("|")][column]
    return float(number.replace(",", "").removesuffix(" MB"))


def memory(kind: str, name: str) -> tuple[float, float]:
    """MB that are reserved, and MB that are the most."""
    (container,) = the(kind, name)["spec"]["template"]["spec"]["containers"]
    sizes: dict[str, Any] = container["resources"]
    return _mb(sizes["requests"]["memory"]), _mb(sizes["limits"]["memory"])


def _mb(quantity: str) -> float:
    return int(quantity[:-2]) * {"Mi": MIB, "Gi": 1024 * MIB}[quantity[-2:]]


MESH = [("memory", "mesh: Envoy"), ("memory", "mesh: control plane")]
LARGE = [("kubernetes", "Envoy, resident MB"), ("kubernetes", "control plane, resident MB")]


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [
        ("DaemonSet", "l5d", MESH),
        ("DaemonSet", "l5d", LARGE),
        ("StatefulSet", "zipkin", [("memory", "traces")]),
        ("Deployment", "hello", [("memory", "one app")]),
        ("Deployment", "world-v1", [("memory", "one app")]),
    ],
)
def test_what_is_reserved_was_measured(kind: str, name: str, rows: list[tuple[str, str]]) -> None:
    need = sum(measured(*row) for row in rows)
    reserved, most = memory(kind, name)
    assert need < reserved < ROOM * need
    assert most > ROOM * need


def test_the_most_of_the_traces_has_room_for_what_arrives_at_full_speed() -> None:
    _, most = memory("StatefulSet", "zipkin")
    rows = ("JSON v2", "proto3", "OTLP protobuf")
    assert most > max(measured("ingest", row, 6) for row in rows)


def test_the_figures_are_told_where_the_manifests_are() -> None:
    text = (DOCS / "kubernetes.md").read_text().partition("## What is installed")[2]
    for section, row in [*MESH, *LARGE, ("memory", "traces"), ("memory", "one app")]:
        assert f"{measured(section, row):,.0f}" in text

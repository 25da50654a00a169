from __future__ import annotations

from tests.check.spans import client, reported, server

from clew.check import bypass
from clew.span.model import Span

ROUTER = {"router.label": "outgoing"}
THROUGH = [
    client("web", "1"),
    server("0.0.0.0/4140", "2", "1", tags=ROUTER),
    client("#/io.l5d.fs/api", "3", "2"),
    server("api", "4", "3"),
]
DIRECT = [client("api", "5"), server("db", "6", "5")]


def found(*traces: list[Span]) -> list[str]:
    return [each.seen for each in bypass.findings(reported(traces))]


def test_what_goes_through_a_router_goes_around_nothing() -> None:
    assert found(THROUGH) == []


def test_what_goes_from_service_to_service_goes_around_it() -> None:
    assert found(THROUGH, DIRECT, DIRECT) == ["2 calls of api to db go around the mesh"]


def test_without_a_mesh_there_is_nothing_to_go_around() -> None:
    assert found(DIRECT) == []

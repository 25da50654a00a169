from __future__ import annotations

from typing import Any

import pytest

from clew.mesh.binding.explain import delegate
from clew.mesh.binding.resolution import first_client, resolution
from clew.mesh.binding.transformers import Port
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path

A, B = "/$/inet/127.0.0.1/1", "/$/inet/127.0.0.1/2"


def tree(dtab: str, *transformers: Any) -> dict[str, Any]:
    return delegate(Path.read("/svc/a"), Dtab.read(dtab), (), {}, transformers).document


@pytest.mark.parametrize(
    ("dtab", "client", "steps"),
    [
        pytest.param(
            f"/svc/a => /b; /b => {A}",
            A,
            ["/svc/a", "/b (/svc/a=>/b)", f"{A} (/b=>{A})"],
            id="each rule",
        ),
        pytest.param(
            f"/svc/a => {B}; /svc/a => ~ | {A}", A, ["/svc/a", f"{A} (/svc/a=>~ | {A})"], id="alt"
        ),
        pytest.param(
            f"/svc/a => /x & /y; /x => {A}; /y => {B}",
            B,
            ["/svc/a", "/y (/svc/a=>/x & /y)", f"{B} (/y=>{B})"],
            id="the branch of a union that leads there",
        ),
        pytest.param(f"/svc/a => {A}", B, [], id="not there"),
        pytest.param("/svc/a => ! | $", B, [], id="nowhere"),
    ],
)
def test_the_steps_to_a_client(dtab: str, client: str, steps: list[str]) -> None:
    assert [line.replace("1.00*", "") for line in resolution(tree(dtab), client)] == steps


def test_a_transformer_is_a_step() -> None:
    document = tree(f"/svc/a => {A}", Port(80), Port(81))
    ids = (f"/%/io.l5d.port/80{A}", f"/%/io.l5d.port/81/%/io.l5d.port/80{A}")
    assert resolution(document, ids[1]) == (
        "/svc/a",
        f"{A} (/svc/a=>{A})",
        f"{ids[0]} (PortTransformer)",
        f"{ids[1]} (PortTransformer)",
    )


def test_the_first_client() -> None:
    assert first_client(tree(f"/svc/a => ~ | {A} | {B}")) == A
    assert first_client(tree("/svc/a => ~")) == ""

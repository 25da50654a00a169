from __future__ import annotations

from typing import Any

import pytest

from clew.mesh.compile import Compiled, compile_linker
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, AddrFailed, AddrNeg, AddrPending, Bound
from clew.mesh.naming.nametree import Alt, Leaf
from clew.mesh.naming.path import Path
from clew.mesh.serve.names_page import (
    Ages,
    bound_names,
    client_addresses,
    client_state,
    names_document,
)
from clew.mesh.xds.snapshot import CLUSTER

FILE = """
namers: [{kind: io.l5d.fs, rootDir: disco}]
routers:
- protocol: http
  dtab: |
    /svc => /#/io.l5d.fs;
    /svc/dns => /$/inet/app.test/80;
    /svc/odd => /$/no.such.class;
  servers: [{port: 4140}]
"""
LINKER = read_linker(FILE, "linkerd.yaml")


def fs(name: str) -> Path:
    return Path.of("#", "io.l5d.fs", name)


def bound(name: str, *ports: int) -> Bound:
    return Bound(fs(name), Addresses(frozenset(Address("10.0.0.1", port) for port in ports)))


def compiled(names: dict[str, Answer | None]) -> Compiled:
    answers = {fs(name): answer for name, answer in names.items() if answer is not None}
    return compile_linker(LINKER, [f"http/svc/{name}" for name in names], answers)


def document(compiled: Compiled) -> dict[str, Any]:
    return names_document(compiled, Ages(), 0.0, {})


def test_a_name_shows_its_endpoints_and_whom_they_are_reached_for() -> None:
    (name,) = document(compiled({"web": bound("web", 80, 81)}))["names"]
    assert name == {
        "name": "http/svc/web",
        "state": "known",
        "age_seconds": 0.0,
        "endpoints": [
            {"address": f"10.0.0.1:{port}", "client": "/#/io.l5d.fs/web", "weight": 1}
            for port in (80, 81)
        ],
        "why": "",
        "advice": [],
    }


def test_hosts_that_envoy_resolves_are_endpoints_too() -> None:
    (name,) = document(compiled({"dns": None}))["names"]
    assert [each["address"] for each in name["endpoints"]] == ["app.test:80"]


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        ("web", Missing(), "/#/io.l5d.fs/web: does not exist"),
        ("web", Waiting(), "/#/io.l5d.fs/web: its namer has not answered yet"),
        ("web", None, "/#/io.l5d.fs/web: not asked yet"),
        ("web", Broken("disco is no directory"), "disco is no directory"),
        ("web", bound("web"), "/#/io.l5d.fs/web: has no endpoints"),
        ("web", Bound(fs("web"), AddrNeg()), "/#/io.l5d.fs/web: Neg"),
        ("web", Bound(fs("web"), AddrFailed("gone")), "/#/io.l5d.fs/web: Failed: gone"),
        ("odd", None, "no.such.class"),
    ],
)
def test_a_name_without_endpoints_says_why(name: str, answer: Answer | None, why: str) -> None:
    (shown,) = document(compiled({name: answer}))["names"]
    assert shown["endpoints"] == []
    assert why in shown["why"]


def test_the_addresses_of_one_client() -> None:
    web = str(fs("web"))
    known = compiled({"web": bound("web", 80), "api": bound("api", 81)})
    assert client_addresses(known, "http/svc/web", web) == ["10.0.0.1:80"]
    assert client_addresses(known, "http/svc/api", web) == []
    assert client_addresses(known, "http/svc/none", web) == []


def test_the_version_follows_from_the_content() -> None:
    one, same, other = (
        document(compiled({"web": bound("web", port)}))["version"] for port in (80, 80, 81)
    )
    assert one == same != other


def test_a_name_is_as_old_as_its_last_change() -> None:
    ages = Ages()
    ages.update(compiled({"web": bound("web", 80), "api": bound("api", 80)}).names, 10.0)
    ages.update(compiled({"web": bound("web", 80), "api": bound("api", 81)}).names, 15.0)
    assert ages.of("http/svc/web", 20.0) == 10.0
    assert ages.of("http/svc/api", 20.0) == 5.0
    assert ages.of("http/svc/none", 20.0) == 0.0


def test_what_envoy_has_rejected_is_told() -> None:
    shown = names_document(compiled({}), Ages(), 0.0, {(CLUSTER, "http/svc/web"): "bad"})
    assert shown["rejected"] == [{"type": "Cluster", "name": "http/svc/web", "error": "bad"}]


def test_client_states() -> None:
    assert client_state(
        compiled(
            {
                "web": bound("web", 81, 80),
                "neg": Bound(fs("neg"), AddrNeg()),
                "pending": Bound(fs("pending"), AddrPending()),
                "failed": Bound(fs("failed"), AddrFailed("why")),
                "none": bound("none"),
                "missing": Missing(),
            }
        )
    ) == {
        "/#/io.l5d.fs/failed": {"state": "Failed: why"},
        "/#/io.l5d.fs/neg": {"state": "Neg"},
        "/#/io.l5d.fs/none": {"state": "bound", "addresses": []},
        "/#/io.l5d.fs/pending": {"state": "Pending"},
        "/#/io.l5d.fs/web": {"state": "bound", "addresses": ["10.0.0.1:80", "10.0.0.1:81"]},
    }


def test_bound_names() -> None:
    answers: dict[Path, Answer] = {
        fs("web"): bound("web", 80),
        fs("no"): Missing(),
        fs("api"): bound("api"),
        fs("remote"): BoundTree(Alt((Leaf(bound("r1")), Leaf(bound("r2"))))),
    }
    names = [f"/#/io.l5d.fs/{name}" for name in ("api", "r1", "r2", "web")]
    assert bound_names(answers) == names

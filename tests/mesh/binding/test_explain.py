from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.mesh.naming.names import dtabs, paths

from clew.mesh.binding.binder import NamerRule
from clew.mesh.binding.explain import Delegation, delegate
from clew.mesh.binding.outcome import Failed
from clew.mesh.binding.transformers import Const, Port, Replace, Transformer
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Leaf
from clew.mesh.naming.path import Path

A = "/$/inet/1.1.1.1/1"
HELLO = Path.read("/#/io.l5d.fs/hello")


def explained(
    name: str,
    dtab: str,
    answers: dict[Path, Answer] | None = None,
    transformers: tuple[Transformer, ...] = (),
) -> Delegation:
    rules = [NamerRule(Path.of("#", "io.l5d.fs"))]
    return delegate(Path.read(name), Dtab.read(dtab), rules, answers or {}, transformers)


def dentry(text: str) -> dict[str, str]:
    prefix, _, dst = text.partition("=>")
    return {"prefix": prefix, "dst": dst}


def inet(path: str, residual: str = "/", **more: Any) -> dict[str, Any]:
    addr = {"type": "bound", "addrs": [{"ip": "1.1.1.1", "port": 1, "meta": {}}], "meta": {}}
    return {
        "type": "leaf",
        "path": path,
        **more,
        "bound": {"addr": addr, "id": A, "path": residual},
    }


def test_a_chain_of_rules_is_a_chain_of_delegations() -> None:
    members = Addresses(frozenset([Address("10.0.0.2", 80, 2.0, "n1"), Address("10.0.0.1", 80)]))
    found = explained("/svc/hello", "/srv=>/#/io.l5d.fs;/svc=>/srv", {HELLO: Bound(HELLO, members)})
    meta = {"endpoint_addr_weight": 2.0, "nodeName": "n1"}
    assert found.document == {
        "type": "delegate",
        "path": "/svc/hello",
        "delegate": {
            "type": "delegate",
            "path": "/srv/hello",
            "dentry": dentry("/svc=>/srv"),
            "delegate": {
                "type": "leaf",
                "path": "/#/io.l5d.fs/hello",
                "dentry": dentry("/srv=>/#/io.l5d.fs"),
                "bound": {
                    "addr": {
                        "type": "bound",
                        "addrs": [
                            {"ip": "10.0.0.1", "port": 80, "meta": {}},
                            {"ip": "10.0.0.2", "port": 80, "meta": meta},
                        ],
                        "meta": {},
                    },
                    "id": "/#/io.l5d.fs/hello",
                    "path": "/",
                },
            },
        },
    }
    assert found.wanted == {HELLO}
    assert not found.waiting


def test_keys_stand_in_linkerds_order() -> None:
    found = explained("/svc/hello", f"/svc=>{A}").document
    assert list(found) == ["type", "path", "delegate"]
    assert list(found["delegate"]) == ["type", "path", "dentry", "bound"]
    assert list(found["delegate"]["bound"]) == ["addr", "id", "path"]


def test_every_alternative_is_followed_also_past_fail_and_past_the_one_that_wins() -> None:
    found = explained("/svc/a", f"/svc={'>'}! | {A} | /none").document
    rule = dentry(f"/svc=>! | {A} | /none")
    assert found == {
        "type": "alt",
        "path": "/svc/a",
        "alt": [
            {"type": "fail", "path": "!", "dentry": rule},
            inet(f"{A}/a", "/a", dentry=rule),
            {"type": "neg", "path": "/none/a", "dentry": rule},
        ],
    }


def test_several_rules_are_alternatives_of_one_name_the_later_first() -> None:
    found = explained("/svc/a", f"/svc=>{A};/svc=>/x | /y").document
    both = dentry("/svc=>/x | /y")
    assert found == {
        "type": "alt",
        "path": "/svc/a",
        "alt": [
            {"type": "neg", "path": "/x/a", "dentry": both},
            {"type": "neg", "path": "/y/a", "dentry": both},
            inet(f"{A}/a", "/a", dentry=dentry(f"/svc=>{A}")),
        ],
    }


def test_unions_show_weights() -> None:
    found = explained("/svc", f"/svc=>0.9*{A} & $").document
    rule = dentry(f"/svc=>0.90*{A} & $")
    assert found == {
        "type": "union",
        "path": "/svc",
        "union": [
            {"weight": 0.9, "tree": inet(A, dentry=rule)},
            {"weight": 1.0, "tree": {"type": "empty", "path": "/svc", "dentry": rule}},
        ],
    }


@pytest.mark.parametrize(
    ("name", "dtab", "document"),
    [
        pytest.param("/svc/a", "", {"type": "neg", "path": "/svc/a"}, id="no rule"),
        pytest.param(
            "/svc",
            "/svc=>~",
            {
                "type": "delegate",
                "path": "/svc",
                "delegate": {"type": "neg", "path": "~", "dentry": dentry("/svc=>~")},
            },
            id="a tilde that is written",
        ),
        pytest.param(
            "/svc",
            "/svc=>!",
            {
                "type": "delegate",
                "path": "/svc",
                "delegate": {"type": "fail", "path": "!", "dentry": dentry("/svc=>!")},
            },
            id="an exclamation mark that is written",
        ),
        pytest.param(
            "/svc",
            "/svc=>/$/fail",
            {
                "type": "delegate",
                "path": "/svc",
                "delegate": {"type": "fail", "path": "/$/fail", "dentry": dentry("/svc=>/$/fail")},
            },
            id="the path of failing",
        ),
        pytest.param(
            "/svc",
            "/svc=>/$/nosuch",
            {
                "type": "delegate",
                "path": "/svc",
                "delegate": {
                    "type": "exception",
                    "path": "/$/nosuch",
                    "dentry": dentry("/svc=>/$/nosuch"),
                    "message": "Unknown namer: nosuch for path: /$/nosuch",
                },
            },
            id="a namer nobody knows",
        ),
        pytest.param(
            "/s/a",
            "/s=>/s/s",
            {"type": "exception", "path": "/s/a", "message": "Max recursion level reached."},
            id="endless",
        ),
    ],
)
def test_ends(name: str, dtab: str, document: dict[str, Any]) -> None:
    assert explained(name, dtab).document == document


def test_a_rewriting_namer_is_a_step_to_another_name() -> None:
    found = explained("/svc/b.a", "/svc=>/$/io.buoyant.http.domainToPath").document
    assert found["delegate"] == {"type": "neg", "path": "/a/b", "dentry": found_dentry(found)}


def found_dentry(document: dict[str, Any]) -> Any:
    return document["delegate"]["dentry"]


def test_endless_rules_among_alternatives_are_exceptions() -> None:
    found = explained("/a", f"/a=>/a | {A}")
    text = json.dumps(found.document)
    # both alternatives of the last step that is taken
    assert text.count("Max recursion level reached.") == 2
    assert text.count('"type": "leaf"') == 99


def test_a_tilde_alone_does_not_hide_what_namers_say() -> None:
    found = explained(
        str(HELLO), "/#/io.l5d.fs=>~", {HELLO: Bound(HELLO, Addresses(frozenset()))}
    ).document
    assert [each["type"] for each in found["alt"]] == ["neg", "leaf"]


def test_a_namer_that_has_not_answered_is_waited_for() -> None:
    found = explained("/svc/hello", "/svc=>/#/io.l5d.fs", {HELLO: Waiting()})
    assert found.waiting
    assert found.wanted == {HELLO}
    assert found.document["delegate"] == {
        "type": "exception",
        "path": "/#/io.l5d.fs/hello",
        "dentry": dentry("/svc=>/#/io.l5d.fs"),
        "message": "waiting for /#/io.l5d.fs/hello",
    }


@pytest.mark.parametrize(
    ("answer", "type"), [(Missing(), "neg"), (Broken("disco: no such directory"), "exception")]
)
def test_what_namers_do_not_find(answer: Answer, type: str) -> None:
    assert explained(str(HELLO), "", {HELLO: answer}).document["type"] == type


@pytest.mark.parametrize(
    ("addr", "shown"),
    [
        (AddrNeg(), {"type": "neg"}),
        (AddrPending(), {"type": "pending"}),
        (AddrFailed("disco/hello:1: no"), {"type": "failed", "cause": "disco/hello:1: no"}),
        (Addresses(frozenset()), {"type": "bound", "addrs": [], "meta": {}}),
    ],
)
def test_addresses_in_every_state(addr: Addr, shown: dict[str, Any]) -> None:
    found = explained(str(HELLO), "", {HELLO: Bound(HELLO, addr)}).document
    assert found["bound"]["addr"] == shown


def test_transformers_show_before_and_after() -> None:
    found = explained(f"{A}/r", "", transformers=(Port(2), Port(3))).document
    assert found["type"] == "transformation"
    assert (found["path"], found["name"]) == (f"{A}/r", "PortTransformer")
    assert "dentry" not in found
    assert found["bound"]["id"] == A
    second = found["tree"]
    assert (second["type"], second["path"]) == ("transformation", f"/%/io.l5d.port/2{A}")
    leaf = second["tree"]
    assert leaf["path"] == leaf["bound"]["id"] == f"/%/io.l5d.port/3/%/io.l5d.port/2{A}"
    assert leaf["bound"]["addr"]["addrs"] == [{"ip": "1.1.1.1", "port": 3, "meta": {}}]
    assert leaf["bound"]["path"] == "/r"


def test_a_replacement_stands_beside_what_it_replaces() -> None:
    other = Path.read("/$/inet/2.2.2.2/2")
    replaced = Leaf(Bound(other, Addresses(frozenset())))
    found = explained(f"{A}", "", transformers=(Replace(other, replaced),)).document
    assert (found["type"], found["name"]) == ("transformation", "ReplaceTransformer")
    assert found["tree"]["bound"]["id"] == f"/%/io.l5d.replace{other}"


def test_a_constant_takes_the_place_of_everything() -> None:
    other = Path.read("/$/nosuch")
    found = explained("/nope", "", transformers=(Const(other, Failed("Unknown")),)).document
    assert found == {
        "type": "delegate",
        "path": "/nope",
        "delegate": {"type": "exception", "path": "/$/nosuch", "message": "Unknown"},
    }


def test_a_dtab_cannot_make_it_endless() -> None:
    found = explained("/a", "/a=>/a/x | /a/y").document
    assert found == {"type": "exception", "path": "/a", "message": "More than 1000 Namer lookups"}


@settings(deadline=None)
@given(paths, dtabs)
def test_there_is_a_document_for_whatever_is_asked(name: Path, dtab: Dtab) -> None:
    json.dumps(delegate(name, dtab, [], {}).document)


def test_the_deepest_document_can_still_be_written() -> None:
    deep = "(" * 40 + "/a" + " | ~)" * 40
    json.dumps(explained("/a", f"/a=>{deep}").document)

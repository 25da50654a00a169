from __future__ import annotations

from typing import Any

import pytest
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2
from google.protobuf import json_format

from clew.mesh.config.linker import read_linker
from clew.mesh.config.router import Router
from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.naming.path import Path
from clew.mesh.xds.ingress import early, filters, ingress_identifiers, settings
from clew.mesh.xds.lua import quoted

INGRESS = "kind: io.l5d.ingress"


def router(*identifiers: str, label: str = "edge") -> Router:
    listed = ", ".join(f"{{{each}}}" for each in identifiers)
    text = f"{{protocol: http, label: {label}, identifier: [{listed}], servers: [{{port: 1}}]}}"
    return read_linker(f"routers: [{text}]", "l5d.yaml").routers[0]


def told(router: Router, *rules: Rule) -> dict[str, Any]:
    """What the filters are told, by their names."""
    ((_, identifier),) = ingress_identifiers(router)
    found = {}
    for name, packed in settings(router, {identifier: Rules(rules)}).items():
        message = rbac_pb2.RBACPerRoute()
        packed.Unpack(message)
        found[name] = json_format.MessageToDict(message)["rbac"]
    return found


def test_hosts_have_tables_of_their_own_and_what_is_for_others_is_one_list() -> None:
    name = Path.of("prod", "80", "web")
    (rbac,) = told(
        router(INGRESS),
        Rule("a.com", Match.EXACT, "/x", name),
        Rule("b.com", Match.PREFIX, "/y/", name),
        Rule("a.com", Match.PATTERN, "/z.*", name),
        Rule("*.a.com", Match.PREFIX, "/", name),
    ).values()
    hosts = rbac["matcher"]["matcherTree"]["exactMatchMap"]["map"]
    sizes = {host: len(own["matcher"]["matcherList"]["matchers"]) for host, own in hosts.items()}
    assert sizes == {"a.com": 2, "b.com": 1}
    (other,) = rbac["shadowMatcher"]["matcherList"]["matchers"]
    compared = [
        each["singlePredicate"]["valueMatch"]["safeRegex"]["regex"]
        for each in other["predicate"]["andMatcher"]["predicate"]
    ]
    assert compared == [r"[^.]+\.a\.com", ".*"]
    assert other["onMatch"]["action"]["typedConfig"]["name"] == "prod/80/web"
    for table in (rbac["matcher"], rbac["shadowMatcher"]):
        assert table["onNoMatch"]["action"]["typedConfig"]["name"] == "-"


def test_a_table_that_would_be_empty_is_left_out() -> None:
    name = Path.of("prod", "80", "web")
    assert told(router(INGRESS)) == {}
    assert set(told(router(INGRESS), Rule("a.com", Match.EXACT, "/x", name))["ingress 0"]) == {
        "matcher"
    }
    assert set(told(router(INGRESS), Rule("", Match.EXACT, "/x", name))["ingress 0"]) == {
        "shadowMatcher"
    }


@pytest.mark.parametrize(
    ("identifiers", "names"),
    [
        (["kind: io.l5d.header.token"], []),
        ([INGRESS], ["ingress 0", "ingress 0 name"]),
        (["kind: io.l5d.header", INGRESS], ["ingress 1", "ingress 1 name"]),
        (
            [INGRESS, f"{INGRESS}, namespace: x"],
            ["ingress 0", "ingress 0 name", "ingress 1", "ingress 1 name"],
        ),
    ],
)
def test_only_routers_with_ingresses_pay_for_them(identifiers: list[str], names: list[str]) -> None:
    made = router(*identifiers)
    assert [name for name, _ in filters(made, cluster_header="c", rest="r")] == names
    assert bool(list(early(made))) is bool(names)


@pytest.mark.parametrize("text", ["", "plain", 'a"b\\c\n]]', "é%d"])
def test_a_text_in_lua_is_its_bytes(text: str) -> None:
    inner = quoted(text)[1:-1]
    codes = [inner[at + 1 : at + 4] for at in range(0, len(inner), 4)]
    assert bytes(map(int, codes)).decode() == text

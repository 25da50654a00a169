from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.check import dns
from clew.check.finding import Level
from clew.mesh.namers.k8s.api_object import Conditions, Endpoint, EndpointSlice, Metadata

POD = """\
search default.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
"""


@pytest.mark.parametrize(
    ("text", "levels", "said"),
    [
        (POD, [Level.OK], "(ndots:5)"),
        (POD.replace("cluster.local", "mini.kube"), [Level.OK, Level.WARNING], "mini.kube, not"),
        (POD.replace("ndots:5", "rotate"), [Level.WARNING], "ndots:1"),
        ("nameserver 192.168.1.1\nsearch lan\n", [Level.PROBLEM], "searches in lan, none"),
        ("nameserver 192.168.1.1\n", [Level.PROBLEM], "searches in no domain"),
        ("", [Level.PROBLEM], "names no server"),
    ],
)
def test_the_resolv_conf_of_a_pod(text: str, levels: list[Level], said: str) -> None:
    found = list(dns.of_resolv_conf(dns.read_resolv_conf(text)))
    assert [each.level for each in found] == levels
    assert any(said in each.seen for each in found), found


def test_the_last_line_of_a_kind_counts() -> None:
    conf = dns.read_resolv_conf("search a\nsearch B. c\noptions ndots:2 ndots:x timeout:1\n; no\n")
    assert conf == dns.ResolvConf((), ("b", "c"), 2)


@given(st.text())
def test_any_text_is_a_resolv_conf(text: str) -> None:
    list(dns.of_resolv_conf(dns.read_resolv_conf(text)))


def test_the_answer_for_the_api_server() -> None:
    assert dns.of_answer(["10.96.0.1"], "").seen == "kubernetes.default.svc is 10.96.0.1"
    found = dns.of_answer([], "there is no such name")
    assert (found.level, "no such name" in found.seen) == (Level.PROBLEM, True)


@pytest.mark.parametrize(
    ("ready", "level", "seen"),
    [
        ([True, False], Level.OK, "1 of 2 DNS pods"),
        ([None], Level.OK, "1 of 1 DNS pods"),
        ([False, False], Level.PROBLEM, "none of the cluster's 2 DNS pods"),
        ([], Level.WARNING, "has no pods"),
    ],
)
def test_the_pods_that_answer(ready: list[bool | None], level: Level, seen: str) -> None:
    endpoints = [Endpoint(["10.1.1.1"], Conditions(each)) for each in ready]
    found = dns.of_servers([EndpointSlice(Metadata("kube-dns-1"), endpoints=endpoints)])
    assert (found.level, seen in found.seen) == (level, True), found

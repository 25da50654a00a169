from __future__ import annotations

import pytest

from clew.mesh.binding.binder import bind
from clew.mesh.binding.configured import transformers_of
from clew.mesh.binding.explain import delegate
from clew.mesh.binding.nodes import DaemonSet, LocalNode, Node
from clew.mesh.binding.rules import NamerRule
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.answer import Answer, Answers, Broken, Missing, Waiting
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
from clew.mesh.naming.nametree import Leaf, Neg
from clew.mesh.naming.path import Path

HELLO = Path.read("/#/io.l5d.k8s/default/http/hello")
GATEWAYS = Path.read("/%/io.l5d.k8s.daemonset/localhost/8001/default/incoming/l5d")
SEED = """
routers:
- protocol: http
  servers: [{}]
  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.k8s.daemonset
      namespace: default
      port: incoming
      service: l5d
    - kind: io.l5d.k8s.localnode
"""
TRANSFORMERS = read_linker(SEED, "linkerd.yml").routers[0].interpreter.transformers


def at(text: str) -> frozenset[Address]:
    """Of ``10.0.1.1@n1 10.0.1.2``: hosts and their nodes."""
    places = (place.partition("@") for place in text.split())
    return frozenset(Address(host, 80, node_name=node) for host, _, node in places)


def hello(endpoints: str) -> Bound:
    return Bound(HELLO, Addresses(at(endpoints)))


def daemonset(gateways: str | Answer, host_network: bool = False) -> DaemonSet:
    answer = Bound(GATEWAYS, Addresses(at(gateways))) if isinstance(gateways, str) else gateways
    kind = Path.of("io.l5d.k8s.daemonset", "default", "incoming", "l5d")
    return DaemonSet(GATEWAYS, kind, host_network, answer)


def addr(text: str | None) -> Addr:
    return AddrNeg() if text is None else Addresses(at(text))


NO_GATEWAY = "/io.l5d.k8s.daemonset/default/incoming/l5d: no gateway"


@pytest.mark.parametrize(
    ("endpoints", "gateways", "host_network", "chosen", "advice"),
    [
        pytest.param(
            "10.0.1.1@n1 10.0.1.2@n1",
            "10.9.0.1@n1 10.9.0.2@n2",
            False,
            "10.9.0.1@n1",
            "",
            id="node",
        ),
        pytest.param(
            "10.0.1.1@n1 10.0.2.1@n2",
            "10.9.0.1@n1 10.9.0.2@n2",
            False,
            "10.9.0.1@n1 10.9.0.2@n2",
            "",
            id="nodes",
        ),
        pytest.param(
            "10.0.1.1@n1 10.0.2.1@n2",
            "10.0.2.9@n1",
            False,
            "10.0.2.9@n1",
            "",
            id="a node without gateway gets no requests, whatever the addresses",
        ),
        pytest.param(
            "10.0.1.1@n1",
            "10.0.1.9@n2",
            False,
            None,
            f"{NO_GATEWAY} on a node of {HELLO}",
            id="no gateway on the node",
        ),
        pytest.param(
            "10.0.1.1 10.0.2.1",
            "10.0.1.9@n1 10.0.3.9@n3",
            False,
            "10.0.1.9@n1",
            "Kubernetes does not say on which nodes",
            id="by /24",
        ),
        pytest.param("fd00::1", "fd00::9 fd01::9", False, "fd00::9", "Kubernetes", id="by /64"),
        pytest.param(
            "10.0.1.1",
            "10.0.2.9",
            False,
            None,
            f"{NO_GATEWAY} shares a /24 with an endpoint of {HELLO}",
            id="no /24",
        ),
        pytest.param(
            "10.0.1.1",
            "10.0.1.9@n1 10.0.2.9",
            True,
            "10.0.2.9",
            "",
            id="host network: both unknown",
        ),
        pytest.param("", "10.0.1.9@n1", False, None, "", id="no endpoints"),
    ],
)
def test_gateways_on_the_nodes_of_endpoints(
    endpoints: str, gateways: str, host_network: bool, chosen: str | None, advice: str
) -> None:
    transformer = daemonset(gateways, host_network)
    bound = transformer.edit(hello(endpoints))
    assert bound.addr == addr(chosen)
    assert str(bound.id) == f"/%/io.l5d.k8s.daemonset/default/incoming/l5d{HELLO}"
    said = transformer.advice(hello(endpoints))
    assert (advice in said) if advice else said == ""


@pytest.mark.parametrize(
    ("answer", "after", "advice"),
    [
        (Waiting(), AddrPending(), ""),
        (Missing(), AddrNeg(), "/io.l5d.k8s.daemonset/default/incoming/l5d: there is no such"),
        (Broken("no right"), AddrFailed("no right"), "no right"),
    ],
)
def test_gateways_that_are_not_known(answer: Answer, after: Addr, advice: str) -> None:
    transformer = daemonset(answer)
    assert transformer.edit(hello("10.0.1.1@n1")).addr == after
    assert transformer.advice(hello("10.0.1.1@n1")).startswith(advice)


@pytest.mark.parametrize(
    ("node", "host_network", "endpoints", "kept", "advice"),
    [
        pytest.param(
            Node(pod_ip="10.0.9.9", name="n1"),
            False,
            "10.0.1.1@n1 10.0.9.1@n2",
            "10.0.1.1@n1",
            "",
            id="the node decides",
        ),
        pytest.param(
            Node(pod_ip="10.0.9.9", name="n3"),
            False,
            "10.0.1.1@n1 10.0.9.1@n2",
            None,
            f"no endpoint of {HELLO} on this node, n3",
            id="none on the node",
        ),
        pytest.param(
            Node(pod_ip="10.0.9.9"),
            False,
            "10.0.1.1@n1 10.0.9.1@n2",
            "10.0.9.1@n2",
            "NODE_NAME is not set; the endpoints of",
            id="old manifests",
        ),
        pytest.param(
            Node(pod_ip="10.0.9.9", name="n1"),
            False,
            "10.0.1.1 10.0.9.1",
            "10.0.9.1",
            "Kubernetes does not say the nodes; the endpoints of",
            id="nodes not said",
        ),
        pytest.param(
            Node(pod_ip="10.0.9.9", name="n1"),
            False,
            "10.0.1.1",
            None,
            f"no endpoint of {HELLO} shares a /24 with this pod, 10.0.9.9",
            id="no /24",
        ),
        pytest.param(
            Node(pod_ip="10.0.1.9", name="n1"),
            True,
            "10.0.1.1 10.0.9.1@n1",
            "10.0.9.1@n1",
            "",
            id="host network",
        ),
    ],
)
def test_endpoints_of_this_node(
    node: Node, host_network: bool, endpoints: str, kept: str | None, advice: str
) -> None:
    transformer = LocalNode(node, host_network)
    assert transformer.edit(hello(endpoints)).addr == addr(kept)
    said = transformer.advice(hello(endpoints))
    assert (advice in said) if advice else said == ""


@pytest.mark.parametrize(
    ("node", "host_network", "prefix"),
    [
        (Node(pod_ip="10.0.1.9", name="n1"), False, "/%/io.l5d.k8s.localnode/10.0.1.9"),
        (Node(pod_ip="10.0.1.9", name="n1"), True, "/%/io.l5d.k8s.localnode/n1"),
        (Node(name="n1"), False, "/%/io.l5d.k8s.localnode/n1"),
        (Node(pod_ip="10.0.1.9"), True, "/%/io.l5d.k8s.localnode/10.0.1.9"),
    ],
)
def test_the_id_says_which_node(node: Node, host_network: bool, prefix: str) -> None:
    assert str(LocalNode(node, host_network).id_prefix) == prefix


def test_ids_may_have_a_prefix_of_the_file() -> None:
    here = Path.of("here")
    assert str(LocalNode(Node(name="n1"), prefix=here).id_prefix) == "/%/here"
    assert str(DaemonSet(GATEWAYS, here, prefix=here).id_prefix) == "/%/here"


RULES = [NamerRule(Path.of("#", "io.l5d.k8s"))]
GATEWAY: Answers = {GATEWAYS: Bound(GATEWAYS, Addresses(at("10.9.0.1@n1")))}
KNOWN: Answers = {HELLO: hello("10.0.1.1@n1")}


def test_the_seeds_transformers_ask_for_gateways_whatever_namers_the_file_has() -> None:
    transformers = transformers_of(TRANSFORMERS, Node(pod_ip="10.9.0.1", name="n1"))
    for answers, outcome in (
        ({}, None),
        (GATEWAY, None),
        (
            KNOWN,
            Bound(Path.read(f"/%/io.l5d.k8s.localnode/10.9.0.1{MARKED}"), AddrPending()),
        ),
        (
            {**KNOWN, **GATEWAY},
            Bound(
                Path.read(f"/%/io.l5d.k8s.localnode/10.9.0.1{MARKED}"),
                Addresses(at("10.9.0.1@n1")),
            ),
        ),
    ):
        binding = bind(HELLO, Dtab(), RULES, answers, transformers)
        assert binding.wanted == {HELLO, GATEWAYS}
        if outcome is not None:
            assert binding.outcome == Leaf(outcome)


MARKED = f"/%/io.l5d.k8s.daemonset/default/incoming/l5d{HELLO}"


def test_a_name_that_is_nothing_does_not_wait_for_gateways() -> None:
    transformers = transformers_of(TRANSFORMERS[:1])
    assert bind(HELLO, Dtab(), RULES, {HELLO: Missing()}, transformers).outcome == Neg()


def test_advice_comes_with_the_binding() -> None:
    transformers = transformers_of(TRANSFORMERS[:1])
    nowhere: Answers = {GATEWAYS: Bound(GATEWAYS, Addresses(at("10.9.0.1@n2")))}
    binding = bind(HELLO, Dtab(), RULES, {**KNOWN, **nowhere}, transformers)
    assert binding.advice == (f"{NO_GATEWAY} on a node of {HELLO}",)
    assert bind(HELLO, Dtab(), RULES, {**KNOWN, **GATEWAY}, transformers).advice == ()


def test_transformers_of_a_namer_ask_too() -> None:
    rules = [NamerRule(Path.of("#", "io.l5d.k8s"), None, transformers_of(TRANSFORMERS[:1]))]
    binding = bind(HELLO, Dtab(), rules, {**KNOWN, **GATEWAY})
    assert binding.wanted == {HELLO, GATEWAYS}
    assert binding.outcome == Leaf(Bound(Path.read(MARKED), Addresses(at("10.9.0.1@n1"))))


def test_the_delegation_waits_for_gateways_and_shows_them() -> None:
    transformers = transformers_of(TRANSFORMERS[:1])
    waiting = delegate(HELLO, Dtab(), RULES, KNOWN, transformers)
    assert (waiting.waiting, waiting.wanted) == (True, frozenset([HELLO, GATEWAYS]))
    shown = delegate(HELLO, Dtab(), RULES, {**KNOWN, **GATEWAY}, transformers)
    assert not shown.waiting
    assert shown.document["type"] == "transformation"
    after = shown.document["tree"]["bound"]
    assert after["id"] == MARKED
    assert after["addr"]["addrs"] == [{"ip": "10.9.0.1", "port": 80, "meta": {"nodeName": "n1"}}]

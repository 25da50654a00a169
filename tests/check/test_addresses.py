from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clew.check import addresses
from clew.check.finding import Level
from clew.check.objects import Node
from clew.mesh.namers.k8s.api_object import Service


def node(**by_type: str) -> Node:
    rows = [{"type": type, "address": address} for type, address in by_type.items()]
    return msgspec.convert({"metadata": {"name": "n"}, "status": {"addresses": rows}}, Node)


def service(name: str, type: str, port: dict[str, Any], *ingress: dict[str, str]) -> Service:
    document = {
        "metadata": {"name": name},
        "spec": {"type": type, "ports": [port]},
        "status": {"loadBalancer": {"ingress": list(ingress)} if ingress else {}},
    }
    return msgspec.convert(document, Service)


MESH = {"name": "outgoing", "port": 4140}
PAGES = {"name": "http", "port": 80}
INSIDE = node(InternalIP="10.0.0.1", Hostname="n")


@pytest.mark.parametrize(
    ("found", "nodes", "level", "advice"),
    [
        (
            service("l5d", "LoadBalancer", MESH, {"ip": "1.2.3.4"}),
            [],
            Level.OK,
            "http_proxy=http://1.2.3.4:4140 curl -s http://hello",
        ),
        (
            service("l5d", "LoadBalancer", MESH, {"hostname": "lb.example"}),
            [],
            Level.OK,
            "http_proxy=http://lb.example:4140 curl -s http://hello",
        ),
        (
            service("l5d", "LoadBalancer", MESH | {"nodePort": 30001}),
            [INSIDE],
            Level.WARNING,
            "wait for it (on minikube: minikube tunnel), or: "
            "http_proxy=http://10.0.0.1:30001 curl -s http://hello",
        ),
        (
            service("l5d", "NodePort", MESH | {"nodePort": 30001}),
            [INSIDE, node(ExternalIP="2001:db8::1")],
            Level.OK,
            "http_proxy=http://[2001:db8::1]:30001 curl -s http://hello",
        ),
        (
            service("l5d", "NodePort", MESH | {"nodePort": 30001}),
            [],
            Level.WARNING,
            "kubectl get nodes -o wide",
        ),
        (service("l5d", "NodePort", MESH), [INSIDE], Level.PROBLEM, "apply it again"),
        (
            service("l5d", "ClusterIP", MESH),
            [INSIDE],
            Level.OK,
            "kubectl port-forward -n default service/l5d 4140:4140 & "
            "http_proxy=http://localhost:4140 curl -s http://hello",
        ),
        (
            service("zipkin", "LoadBalancer", PAGES, {"ip": "1.2.3.4"}),
            [],
            Level.OK,
            "open http://1.2.3.4",
        ),
        (
            service("zipkin", "ClusterIP", {"port": 80}),
            [],
            Level.OK,
            "kubectl port-forward -n default service/zipkin 9411:80 & open http://localhost:9411",
        ),
    ],
)
def test_the_line_to_type(found: Service, nodes: list[Node], level: Level, advice: str) -> None:
    (said,) = (
        each
        for each in addresses.findings([found], nodes, "default")
        if f"{found.metadata.name} is" in each.seen
    )
    assert (said.level, said.advice) == (level, advice)


def test_what_is_not_installed() -> None:
    found = list(addresses.findings([], [], "default"))
    assert [(each.seen, each.advice) for each in found] == [
        (
            "there is no Service l5d with a port outgoing",
            "clew install mesh | kubectl apply -f -",
        ),
        (
            "there is no Service zipkin with a port http",
            "clew install traces | kubectl apply -f -",
        ),
    ]
    elsewhere, _ = addresses.findings([], [], "tracing")
    assert elsewhere.advice == "clew install mesh --namespace tracing | kubectl apply -f -"

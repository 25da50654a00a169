from __future__ import annotations

import msgspec
import pytest

from clew.check import node_names
from clew.check.finding import Level
from clew.check.objects import Node, Pod

NODES = [
    msgspec.convert(
        {
            "metadata": {"name": name},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]},
        },
        Node,
    )
    for name, address in (("a", "10.0.0.1"), ("b", "10.0.0.2"))
]


def pod(app: str, *env: object) -> Pod:
    container = {"name": "service", "env": env}
    document = {
        "metadata": {"name": app, "labels": {"app": app}},
        "spec": {"containers": [container]},
    }
    return msgspec.convert(document, Pod)


def held(name: str, field: str) -> object:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}


@pytest.mark.parametrize(
    ("answers", "level", "seen"),
    [
        ({"a": ["10.0.0.1"], "b": ["10.0.0.2"]}, Level.OK, "node names resolve (a is 10.0.0.1)"),
        (
            {"a": ["10.0.0.1"], "b": []},
            Level.WARNING,
            "1 of 2 node names do not resolve",
        ),
        ({"a": [], "b": []}, Level.WARNING, "2 of 2 node names do not resolve"),
        ({"a": ["10.9.9.9"]}, Level.PROBLEM, "a resolves to 10.9.9.9, which is not 10.0.0.1"),
        ({"unlisted": ["10.9.9.9"]}, Level.OK, "node names resolve"),
    ],
)
def test_the_advice_follows_from_what_names_resolve_to(
    answers: dict[str, list[str]], level: Level, seen: str
) -> None:
    found = node_names.of_answers(answers, NODES)
    assert (found.level, seen in found.seen) == (level, True), found
    assert "status.hostIP" in found.advice


def test_apps_that_rely_on_node_names_are_named() -> None:
    by_name = pod(
        "hello",
        held("NODE_NAME", "spec.nodeName"),
        {"name": "http_proxy", "value": "$(NODE_NAME):4140"},
    )
    by_address = pod(
        "world",
        held("HOST_IP", "status.hostIP"),
        held("NODE_NAME", "spec.nodeName"),
        {"name": "http_proxy", "value": "$(HOST_IP):4140"},
    )
    found = list(node_names.of_pods([by_name, by_name, by_address, pod("other")]))
    assert [each.seen for each in found] == ["hello finds the mesh by the name of its node"]

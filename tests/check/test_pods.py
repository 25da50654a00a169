from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clew.check import host_ports, pods
from clew.check.finding import Level
from clew.check.objects import Node, Pod
from clew.mesh.naming.bound import Address


def pod(app: str = "l5d", node: str = "a", phase: str = "Running", **status: Any) -> Pod:
    container = {"name": "c", "ports": [{"containerPort": 4140, "hostPort": 4140}]}
    document = {
        "metadata": {"name": f"{app}-1", "labels": {"app": app}},
        "spec": {"nodeName": node, "containers": [container, {"name": "none"}]},
        "status": {"phase": phase, "hostIP": "10.0.0.1", "containerStatuses": [status]}
        if status
        else {"phase": phase},
    }
    return msgspec.convert(document, Pod)


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    return {"name": "c", "image": "clew:9", "state": {"waiting": waiting}}


READY: dict[str, Any] = {"name": "c", "ready": True}


@pytest.mark.parametrize(
    ("given", "level", "seen"),
    [
        ([pod(**READY), pod(**READY)], Level.OK, "2 of 2 pods of l5d are ready"),
        ([pod(**READY), pod(name="c")], Level.WARNING, "1 of 2 pods of l5d are ready"),
        (
            [pod(**waiting("ImagePullBackOff", "not found")), pod(**READY)],
            Level.PROBLEM,
            "the image clew:9 of l5d does not arrive (ImagePullBackOff: not found)",
        ),
        ([pod(**waiting("CrashLoopBackOff"))], Level.PROBLEM, "l5d does not run (CrashLoop"),
        ([pod(**waiting("ContainerCreating"))], Level.WARNING, "0 of 1 pods of l5d are ready"),
        ([pod(node="", phase="Pending")], Level.PROBLEM, "a pod of l5d finds no node"),
    ],
)
def test_what_the_pods_of_an_app_do(given: list[Pod], level: Level, seen: str) -> None:
    (found,) = pods.findings(given, "default")
    assert (found.level, seen in found.seen) == (level, True), found


def test_pods_that_are_done_and_those_of_others_do_not_count() -> None:
    assert not list(pods.findings([pod(phase="Succeeded"), pod(app="other")], "default"))


def test_a_mistake_of_many_pods_is_told_once() -> None:
    same = [pod(**waiting("ErrImagePull"))] * 3
    assert len(list(pods.findings(same, "default"))) == 1


def test_nodes_without_a_mesh() -> None:
    nodes = [msgspec.convert({"metadata": {"name": name}}, Node) for name in "abc"]
    (found,) = pods.on_every_node([pod(node="b")], nodes)
    assert found.seen == "2 of 3 nodes have no mesh, such as a"
    assert not list(pods.on_every_node([], nodes))


def test_ports_on_nodes_are_those_of_meshes_that_are_ready() -> None:
    given = [pod(**READY), pod(**READY), pod(name="c"), pod(app="other", **READY)]
    assert host_ports.places(given) == [Address("10.0.0.1", 4140)]


@pytest.mark.parametrize(
    ("answers", "in_pod", "level"),
    [
        ({Address("10.0.0.1", 4140): True}, False, Level.OK),
        ({Address("10.0.0.1", 4140): True, Address("fd00::2", 4140): False}, True, Level.PROBLEM),
        ({Address("10.0.0.1", 4140): False}, False, Level.WARNING),
    ],
)
def test_a_silent_port_is_certain_in_a_pod_only(
    answers: dict[Address, bool], in_pod: bool, level: Level
) -> None:
    assert host_ports.finding(answers, in_pod).level is level

"""Whether the ports of the mesh on its nodes answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clew.check.finding import Finding, ok, problem, warning
from clew.check.objects import Pod
from clew.install import mesh
from clew.mesh.naming.bound import Address

MOST = 20
"""Nodes that are tried."""


def places(pods: Sequence[Pod]) -> list[Address]:
    """The ports on nodes of the mesh's pods that are ready."""
    found = {
        Address(pod.status.host_ip, port.host_port)
        for pod in pods
        if pod.app == mesh.NAME and pod.is_ready and pod.status.host_ip
        for container in pod.spec.containers or ()
        for port in container.ports or ()
        if port.host_port
    }
    return sorted(found)[:MOST]


def finding(answers: Mapping[Address, bool], in_pod: bool) -> Finding:
    """``answers`` has at least one."""
    silent = sorted(place for place, answered in answers.items() if not answered)
    if not silent:
        return ok("hostPort", f"{len(answers)} ports of the mesh on its nodes answer")
    seen = f"{len(silent)} of {len(answers)} ports of the mesh on its nodes do not answer"
    seen += f", such as {silent[0]}"
    if in_pod:
        return problem(
            "hostPort",
            seen,
            "where the network (CNI) has no hostPort: clew install mesh --host-network",
        )
    return warning(
        "hostPort",
        f"{seen}, from this machine",
        "nodes are often out of a laptop's reach; in a pod it is seen for certain: "
        "clew install check | kubectl replace --force -f -",
    )

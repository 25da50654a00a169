"""Runs inside a network and mount namespace of its own: the post's file on three nodes, in trouble.

Prints what was seen as one JSON document, for ``three_nodes_contract.py``.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from e2e.kubernetes_load import Load, load
from e2e.kubernetes_nodes import NODES, Nodes, can_swallow, served_by, three_nodes, until

RATE = 40
"""Requests a second while something happens."""
PRE_STOP_SECONDS = 0.5
"""Between the news that a mesh is going and its end; a tenth of what the manifests give."""
WITH_TIMEOUTS = """\
  client:
    requestAttemptTimeoutMs: 1000
    failureAccrual: {failures: 3, backoff: {kind: constant, ms: 8000}}
  service:
"""
"""Without a timeout a request that vanished is waited for, as by Linkerd."""
FIRST = next(iter(NODES))
OTHERS = [node for node in NODES if node != FIRST]


def main(work: Path) -> None:
    with (
        three_nodes(work) as nodes,
        httpx.Client(proxy=f"http://{NODES[FIRST]}:4140", timeout=60) as client,
    ):
        seen = {
            "story": story(client),
            "gateway not ready": gateway_not_ready(nodes, client),
            "moved": moved(nodes, client),
            "flap": flap(nodes),
            "rolling upgrade": rolling_upgrade(nodes),
            "node swallows": node_swallows(nodes, client) if can_swallow() else None,
            "node lost": node_lost(nodes, client),
        }
    print(json.dumps(seen))


def story(client: httpx.Client) -> dict[str, Any]:
    """A reply, its trace, and who serves requests when all is well."""
    reply = client.get("http://hello").raise_for_status().text
    search = f"http://127.0.0.1:9410/api/v2/traces?serviceName={NODES[FIRST]}%2F4140"

    def found() -> Any:
        return next((trace for trace in httpx.get(search).json() if len(trace) == 8), None)

    trace = until(found)
    return {"reply": reply, "trace": trace, "served by": sorted(served_by(client))}


def gateway_not_ready(nodes: Nodes, client: httpx.Client) -> list[str]:
    """Who serves when the mesh of a node is not ready, but its apps are."""
    nodes.place("l5d", [FIRST, OTHERS[0]])
    until(lambda: NODES[OTHERS[1]] not in served_by(client))
    seen = sorted(served_by(client))
    nodes.place("l5d", list(NODES))
    return seen


def moved(nodes: Nodes, client: httpx.Client) -> list[str]:
    """Who serves when the only pods of an app are on another node than before."""
    nodes.place("hello", [OTHERS[1]])
    until(lambda: served_by(client) == {NODES[OTHERS[1]]})
    seen = sorted(served_by(client))
    nodes.place("hello", list(NODES))
    return seen


def flap(nodes: Nodes) -> dict[str, Any]:
    """Pods that become ready and not ready again and again, one staying."""
    with load([NODES[FIRST]], RATE) as requests:
        for _ in range(10):
            for ready in ([FIRST], [*OTHERS[:1], FIRST], list(NODES)):
                nodes.place("hello", ready)
                time.sleep(0.05)
    return told(requests)


def rolling_upgrade(nodes: Nodes, rate: int = RATE) -> dict[str, Any]:
    """The mesh of each node in turn is replaced, as a DaemonSet's pods are."""
    with load(list(NODES.values()), rate) as requests:
        for node in NODES:
            others = [each for each in NODES if each != node]
            nodes.place("l5d", others)
            requests.entries = [NODES[each] for each in others]
            time.sleep(PRE_STOP_SECONDS)
            nodes.stop_mesh(node)
            nodes.start_mesh(node)
            until(partial(nodes.is_live, node))
            nodes.place("l5d", list(NODES))
            requests.entries = list(NODES.values())
            time.sleep(PRE_STOP_SECONDS)
    return told(requests)


def node_swallows(nodes: Nodes, client: httpx.Client) -> dict[str, Any]:
    """What is sent to a node vanishes, and Kubernetes does not hear of it."""
    lost = OTHERS[1]
    rest = [node for node in NODES if node != lost]
    for node in rest:
        nodes.edit(node, "  service:\n", WITH_TIMEOUTS)
        until(partial(_has_timeouts, node))
    asking = [(FIRST, "hello"), *((node, "world-v1") for node in rest)]
    before = [_removals(*each) for each in asking]

    def all_avoid_it() -> bool:
        return all(_removals(*each) > count for each, count in zip(asking, before, strict=True))

    def well() -> Load | None:
        """A second of requests of which none fails; the node may be tried again just then."""
        with load([NODES[FIRST]], RATE) as requests:
            time.sleep(1)
        return None if requests.failures else requests

    with nodes.swallowed(lost):
        with load([NODES[FIRST]], RATE) as at_first:
            until(all_avoid_it)
        then = until(well)
    until(lambda: NODES[lost] in served_by(client))
    for node in rest:
        nodes.edit(node, WITH_TIMEOUTS, "  service:\n")
    return {"at first": told(at_first), "then": told(then)}


def _has_timeouts(node: str) -> bool:
    config = httpx.get(f"http://{NODES[node]}:9990/config.json", trust_env=False)
    return "requestAttemptTimeoutMs" in config.text


def _removals(node: str, service: str) -> float:
    """How often its mesh has left an endpoint of the service alone for its failures."""
    page = f"http://{NODES[node]}:9990/admin/metrics.json"
    metrics: dict[str, float] = httpx.get(page, trust_env=False).json()
    return sum(
        count
        for name, count in metrics.items()
        if name.startswith("rt/outgoing/client/")
        and name.endswith(f"/{service}/failure_accrual/removals")
    )


def node_lost(nodes: Nodes, client: httpx.Client) -> dict[str, Any]:
    """A node is gone, and Kubernetes hears of it a while later."""
    lost = OTHERS[1]
    rest = [node for node in NODES if node != lost]
    with load([NODES[FIRST]], RATE) as unnoticed:
        nodes.lose(lost)
        time.sleep(1)
    for service in ("l5d", "hello", "world-v1"):
        nodes.place(service, rest)
    until(lambda: NODES[lost] not in served_by(client))
    with load([NODES[FIRST]], RATE) as noticed:
        time.sleep(1)
    return {"unnoticed": told(unnoticed), "noticed": told(noticed)}


def told(requests: Load) -> dict[str, Any]:
    return {"sent": requests.sent, "failures": requests.failures}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

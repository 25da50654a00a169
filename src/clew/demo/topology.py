"""What runs in the demo and where: nodes, apps, files and addresses, as plain values.

One node is the blog post on one machine: the example's linker file, unchanged. Several nodes are
loopback addresses 127.0.0.1, .2, .3 …, each with its own mesh; then hello and world never share
one, so that every call from hello to world crosses nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import yaml

HELLOS, WORLDS = 3, 3
TRACES_PORT, OUTGOING_PORT, INCOMING_PORT, ADMIN_PORT = 9411, 4140, 4141, 9990


@dataclass(frozen=True, slots=True)
class App:
    """One instance of the sample app."""

    service: str
    text: str
    host: str
    port: int
    node: Node
    target: str = ""
    """The service it calls before it answers; empty for none."""

    @property
    def name(self) -> str:
        return f"{self.service} {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the mesh: its routers and admin listen on ``host``."""

    host: str
    offset: int = 0

    @property
    def outgoing(self) -> str:
        return f"{self.host}:{OUTGOING_PORT + self.offset}"

    @property
    def incoming(self) -> str:
        return f"{self.host}:{INCOMING_PORT + self.offset}"

    @property
    def admin(self) -> str:
        return f"{self.host}:{ADMIN_PORT + self.offset}"

    @property
    def server_span(self) -> str:
        """The service name under which the outgoing router's server spans are found."""
        return f"{self.host}/{OUTGOING_PORT + self.offset}"


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that the demo starts."""

    nodes: tuple[Node, ...]
    apps: tuple[App, ...]
    offset: int

    @property
    def traces(self) -> str:
        return f"127.0.0.1:{TRACES_PORT + self.offset}"

    def listening(self) -> tuple[tuple[str, int], ...]:
        """Every address that must be free before anything starts."""
        hosts = [self.traces, *(a for n in self.nodes for a in (n.outgoing, n.incoming, n.admin))]
        pairs = [(host, int(port)) for host, _, port in (text.rpartition(":") for text in hosts)]
        return (*pairs, *((app.host, app.port) for app in self.apps))

    def disco(self) -> dict[str, str]:
        """The files that ``io.l5d.fs`` reads: service name to lines of ``host port``."""
        files: dict[str, str] = {}
        for app in self.apps:
            files[app.service] = files.get(app.service, "") + f"{app.host} {app.port}\n"
        return files


def lay_out(nodes: int, offset: int) -> Topology:
    """Where everything goes for ``nodes`` machines, all ports moved by ``offset``."""
    machines = tuple(Node(f"127.0.0.{i + 1}", offset) for i in range(nodes))
    # the last node has the worlds and the others the hellos, so that a call crosses nodes
    front, back = (machines[:-1] or machines), machines[-1:]

    def instances(
        service: str, text: str, count: int, port: int, on: tuple[Node, ...]
    ) -> list[App]:
        target = "world" if service == "hello" else ""
        places = islice(cycle(on), count)
        return [
            App(service, text, node.host, port + offset + i, node, target)
            for i, node in enumerate(places)
        ]

    apps = (
        *instances("hello", "Hello", HELLOS, 7777, front),
        *instances("world-v1", "world", WORLDS, 7787, back),
        *instances("world-v2", "earth", 1, 7797, back),
    )
    return Topology(machines, apps, offset)


def linker_file(example: str, topology: Topology, node: Node) -> str:
    """The linker file of ``node``: the example itself where it fits, else moved to the node."""
    if len(topology.nodes) == 1 and topology.offset == 0:
        return example
    linker: dict[str, Any] = yaml.safe_load(example)
    linker["admin"] = {"ip": node.host, "port": ADMIN_PORT + node.offset}
    for telemeter in linker["telemetry"]:
        if telemeter["kind"] == "io.l5d.zipkin":
            telemeter["host"], telemeter["port"] = "127.0.0.1", TRACES_PORT + topology.offset
    for router in linker["routers"]:
        transformers = router.get("interpreter", {}).get("transformers", [])
        for transformer in transformers:
            transformer["port"] += node.offset
        for server in router["servers"]:
            server["ip"], server["port"] = node.host, server["port"] + node.offset
        if router["label"] == "incoming" and len(topology.nodes) > 1:
            # as io.l5d.k8s.localnode does in a cluster: a node's incoming router keeps to its node
            local = [{"kind": "io.l5d.specificHost", "host": node.host}]
            router["interpreter"] = {"kind": "default", "transformers": local}
    return yaml.safe_dump(linker, sort_keys=False)

"""Runs inside a network and mount namespace of its own: old manifests, upgraded, on one node.

What a kubelet would do with the new ones is done here: their containers are started with their
arguments, environment and files. Prints the reply to one request, and its trace, as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import yaml
from tests.mesh.namers.k8s.api_server import ApiServer
from tests.mesh.namers.k8s.in_thread import small_cluster

from e2e.kubernetes_nodes import NODES, PORTS, PROXY_PORT, Nodes, network, until
from e2e.seed_world import CLEW, wait

IMAGE = "registry.example/clew:9"
NODE = next(iter(NODES))
FIELDS = {
    "spec.nodeName": NODE,
    "status.podIP": NODES[NODE],
    "status.hostIP": NODES[NODE],
    "metadata.namespace": "default",
}
SEARCH = "http://127.0.0.1:9411/api/v2/traces?serviceName=0.0.0.0%2F4140"

Object = dict[str, Any]


def main(work: Path) -> None:
    network(work)
    objects = [each for each in yaml.safe_load_all(upgraded()) if each]
    config_maps = {
        each["metadata"]["name"]: each for each in objects if each["kind"] == "ConfigMap"
    }
    with small_cluster(ApiServer(), PROXY_PORT) as cluster:
        nodes = Nodes(work, cluster, {})
        with closing(nodes):
            for service in PORTS:
                nodes.place(service, [NODE])
            for each in objects:
                if "template" in each.get("spec", {}):
                    start(nodes, work, each, config_maps)
            until(lambda: nodes.is_live(NODE))
            wait("http://127.0.0.1:9411/health")
            for port in (7777, 7778):
                wait(
                    f"http://{NODES[NODE]}:{port}/setLatency", 405
                )  # anything else would call world
            with httpx.Client(proxy=f"http://{NODES[NODE]}:4140", timeout=30) as client:
                reply = client.get("http://hello").raise_for_status().text
            trace = until(story)
    print(json.dumps({"reply": reply, "trace": trace}))


def upgraded() -> str:
    """The new manifests, as a user has them printed."""
    here = Path(__file__)
    linker = textwrap.indent(here.with_name("kubernetes.yaml").read_text(), "    ")
    old = here.with_name("old_manifests.yml").read_text().replace("CONFIG\n---", f"{linker}---")
    command = [*CLEW, "install", "--upgrade-from=-", f"--image={IMAGE}"]
    return subprocess.run(command, input=old, text=True, stdout=subprocess.PIPE, check=True).stdout


def start(nodes: Nodes, work: Path, workload: Object, config_maps: Mapping[str, Object]) -> None:
    """Its one container."""
    name, spec = workload["metadata"]["name"], workload["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["image"] == IMAGE
    assert "command" not in container
    directories = {"/data": str(work / f"{name}-data"), **dict(mounts(work, spec, config_maps))}
    args = [placed(word, directories) for word in container["args"]]
    nodes.run(NODE, name, dict(environment(container)), *args)


def environment(container: Object) -> Iterator[tuple[str, str]]:
    """With what ``$(NAME)`` stands for."""
    known: dict[str, str] = {}
    for each in container.get("env", ()):
        field = each.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        value = FIELDS[field] if field else each["value"]
        known[each["name"]] = re.sub(r"\$\((\w+)\)", lambda found: known[found[1]], value)
        yield each["name"], known[each["name"]]


def mounts(
    work: Path, spec: Object, config_maps: Mapping[str, Object]
) -> Iterator[tuple[str, str]]:
    """Where the files of ConfigMaps are, by their place in the container."""
    (container,) = spec["containers"]
    names = {each["name"]: each["configMap"]["name"] for each in spec.get("volumes", ())}
    for mount in container.get("volumeMounts", ()):
        directory = work / mount["name"]
        directory.mkdir()
        for entry, text in config_maps[names[mount["name"]]]["data"].items():
            (directory / entry).write_text(text)
        yield mount["mountPath"], str(directory)


def placed(word: str, directories: Mapping[str, str]) -> str:
    """An argument, with the place of a file as it is here."""
    for there, here in directories.items():
        word = word.replace(f"{there}/", f"{here}/")
    return word


def story() -> Any:
    return next((trace for trace in httpx.get(SEARCH).json() if len(trace) == 8), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

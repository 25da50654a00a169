"""Kubernetes: 1,000 services of 10 endpoints, and three nodes whose meshes are replaced in turn.

By the small API server of the tests, which one contract holds to what a real one does; with
``--real`` by a real one, which is built when it is not there yet.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from e2e.kube_apiserver.running import BINARY
from e2e.kubernetes_nodes import api, network, three_nodes
from e2e.kubernetes_world import rolling_upgrade
from e2e.mesh_world import free_port
from e2e.namespace import NAMESPACE
from tests.mesh.namers.k8s.api_server import endpoint_slice
from tests.mesh.namers.k8s.cluster import Cluster
from tests.mesh.namers.k8s.in_thread import SmallCluster

from bench.load import Result
from bench.running import descendants
from bench.servers import resident_mb

SERVICES, ENDPOINTS = 1000, 10
USED = 100
"""Of the services, those that requests have named, so that Envoy has their endpoints."""
CHANGES = 200
REST_SECONDS = 60
RATE = 200
MOVING = "moving"
"""A service with one endpoint, which is now at the one and now at the other of these."""
PLACES = ("10.1.0.1", "10.1.0.2")
LINKER = """\
admin: {{port: {admin}}}
namers: [{{kind: io.l5d.k8s}}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.k8s/default/http;
  servers: [{{port: {port}}}]
"""


class _Place(http.server.BaseHTTPRequestHandler):
    """Answers with the address that was asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = str(self.connection.getsockname()[0]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Mesh:
    """A mesh that has just been started."""

    process: subprocess.Popen[bytes]
    client: httpx.Client

    def place(self) -> str:
        """Which place answers; empty while none does."""
        try:
            answer = self.client.get("/", headers={"host": MOVING})
        except httpx.TransportError:
            return ""
        return answer.text if answer.status_code == httpx.codes.OK else ""

    def resident(self) -> tuple[float, float]:
        """MB of the control plane and of Envoy."""
        commands = descendants(self.process.pid)
        envoy = [pid for pid, command in commands.items() if "envoy" in command.split(" ")[0]]
        return resident_mb(self.process.pid), sum(map(resident_mb, envoy))


def main() -> None:
    if "--real" in sys.argv:
        built = subprocess.run(["scripts/kube_apiserver"], stdout=subprocess.PIPE, check=True)
        os.environ[BINARY] = built.stdout.decode().strip()
    seen = played("services")
    rolled = played("rolling")
    print(f"| {SERVICES:,} services of {ENDPOINTS} endpoints, {USED} of them used | |\n|---|---|")
    print(f"| from start to the first answer, s | {seen['first']:.2f} |")
    print(f"| control plane, resident MB | {seen['control']:.0f} |")
    print(f"| Envoy, resident MB | {seen['envoy']:.0f} |")
    print(f"| from a change to Envoy using it, p50 ms | {1e3 * seen['p50']:.1f} |")
    print(f"| p99 ms | {1e3 * seen['p99']:.1f} |")
    print(f"| requests to the API in {REST_SECONDS} s at rest | {seen['asked']} |")
    print(f"| requests at {RATE} rps while three meshes are replaced | {rolled['sent']:,} |")
    print(f"| of them failed | {len(rolled['failures'])} |")


def services(work: Path) -> dict[str, float]:
    """What one mesh does with many services."""
    network(work)
    with api(work) as (cluster, environment), places() as port:
        fill(cluster)
        move(cluster, PLACES[0], port)
        began = time.perf_counter()
        with started(work, environment) as mesh:
            until(mesh, PLACES[0])
            first = time.perf_counter() - began
            for number in range(USED):
                mesh.client.get("/", headers={"host": f"service-{number}"})
            changes = Result()
            for number in range(CHANGES):
                to = PLACES[(number + 1) % 2]
                before = time.perf_counter()
                move(cluster, to, port)
                until(mesh, to)
                changes.latencies.append(time.perf_counter() - before)
            control, envoy = mesh.resident()
            before_rest = asked(cluster)
            time.sleep(REST_SECONDS)
            return {
                "first": first,
                "control": control,
                "envoy": envoy,
                "p50": changes.quantile(0.5),
                "p99": changes.quantile(0.99),
                "asked": asked(cluster) - before_rest,
            }


def rolling(work: Path) -> dict[str, Any]:
    """What became of requests while the mesh of each of three nodes was replaced."""
    with three_nodes(work) as nodes:
        return rolling_upgrade(nodes, RATE)


def asked(cluster: Cluster) -> int:
    """How often the API server has been asked for endpoints; a watch counts once it has ended."""
    if isinstance(cluster, SmallCluster):
        return len(cluster.server.requests)
    counts = re.findall(
        r'^apiserver_request_total\{.*resource="endpointslices".*verb="(?:LIST|WATCH)".*\} (\d+)$',
        cluster.client.get("/metrics").text,
        re.MULTILINE,
    )
    return sum(map(int, counts))


def fill(cluster: Cluster) -> None:
    """Endpoints that nothing listens on."""
    for number in range(SERVICES):
        hosts = [
            (f"10.{each + 9}.{number // 250}.{number % 250 + 1}", f"node-{each}")
            for each in range(ENDPOINTS)
        ]
        slice = endpoint_slice(f"service-{number}", hosts, {"http": 8080})
        cluster.put("endpointslices", "default", f"service-{number}-1", **slice)


def move(cluster: Cluster, to: str, port: int) -> None:
    slice = endpoint_slice(MOVING, [(to, "node-1")], {"http": port})
    cluster.put("endpointslices", "default", f"{MOVING}-1", **slice)


@contextmanager
def started(work: Path, environment: Mapping[str, str]) -> Iterator[Mesh]:
    """A mesh, not yet ready."""
    with ExitStack() as stack:
        port = free_port()
        file = work / "linkerd.yaml"
        file.write_text(LINKER.format(admin=free_port(), port=port))
        process = subprocess.Popen(
            [sys.executable, "-m", "clew", "mesh", str(file)],
            env={**os.environ, **environment},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        yield Mesh(process, stack.enter_context(client))


@contextmanager
def places() -> Iterator[int]:
    """Servers at both places, and their port."""
    port = free_port()
    servers = [http.server.ThreadingHTTPServer((host, port), _Place) for host in PLACES]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield port
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def until(mesh: Mesh, place: str) -> None:
    """The mesh sends requests there."""
    while mesh.place() != place:
        time.sleep(0.001)


def played(scene: str) -> dict[str, Any]:
    """What a scene has seen, in a namespace of its own with the addresses of nodes."""
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [*NAMESPACE, sys.executable, "-m", "bench.kubernetes", scene, work],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


if __name__ == "__main__":
    _, scene, work = sys.argv
    print(json.dumps({"services": services, "rolling": rolling}[scene](Path(work))))

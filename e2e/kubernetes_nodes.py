"""Three nodes of a Kubernetes cluster, each with a mesh, hello and world.

They are addresses of the loopback interface, in a network namespace of their own. The API server
is the small one of the tests, where the post has its ``kubectl proxy``, or a real one, which the
meshes find by the account that ``clew install mesh`` makes for them.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from tests.mesh.namers.k8s.api_server import ApiServer, endpoint_slice
from tests.mesh.namers.k8s.cluster import Cluster
from tests.mesh.namers.k8s.in_thread import small_cluster

from clew.install.options import Options
from clew.install.render import render
from clew.mesh.namers.k8s.access import ACCOUNT
from e2e.kube_apiserver.running import BINARY, running
from e2e.seed_world import CLEW, COLLECTOR, raise_loopback, wait

NODES = {f"node-{number}": f"10.1.0.{number}" for number in (1, 2, 3)}
PORTS = {
    "hello": {"http": 7777},
    "world-v1": {"http": 7778},
    "l5d": {"outgoing": 4140, "incoming": 4141, "admin": 9990},
}
REQUESTS = 60
"""So many that a node that gets a share of them gets some."""
PROXY_PORT = 8001
SIOCSIFADDR = 0x8916


class Nodes:
    """The nodes, and what the API server says of them."""

    def __init__(self, work: Path, cluster: Cluster, environment: Mapping[str, str]) -> None:
        """``environment`` is what Kubernetes puts into every container."""
        self.cluster = cluster
        self._work = work
        self._environment = environment
        self._running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}

    def place(self, service: str, nodes: Sequence[str]) -> None:
        """The service has a ready pod on these nodes."""
        fields = endpoint_slice(service, [(NODES[node], node) for node in nodes], PORTS[service])
        self.cluster.put("endpointslices", "default", f"{service}-x", **fields)

    def start(self, node: str) -> None:
        """Its apps, and its mesh."""
        ip = NODES[node]
        self.start_mesh(node)
        hello = ("helloworld", f"-addr={ip}:7777", "-text=Hello", "-target=world")
        self.run(node, "hello", {"http_proxy": f"{ip}:4140", "POD_IP": ip}, *hello)
        world = {"TARGET_WORLD": "world", "POD_IP": ip}
        self.run(node, "world", world, "helloworld", f"-addr={ip}:7778")

    def start_mesh(self, node: str) -> None:
        ip = NODES[node]
        file = self._linker_file(node)
        seed = Path(__file__).with_name("kubernetes.yaml").read_text()
        file.write_text(seed.replace("ip: 0.0.0.0", f"ip: {ip}"))
        self.run(node, "mesh", {"NODE_NAME": node, "POD_IP": ip}, "mesh", str(file))

    def start_traces(self) -> None:
        words = ("traces", "--port=9410", f"--store={self._work / 'store'}")
        self.run("", "traces", {}, *words)
        wait("http://127.0.0.1:9410/health")

    def wait_until_ready(self, node: str) -> None:
        """As its probes do."""
        ip = NODES[node]
        until(lambda: self.is_live(node))
        wait(f"http://{ip}:7777/setLatency", 405)  # 405; anything else would call world
        wait(f"http://{ip}:7778/setLatency", 405)

    def is_live(self, node: str) -> bool:
        """Whether its mesh takes requests."""
        try:
            ping = f"http://{NODES[node]}:9990/admin/ping"
            return httpx.get(ping, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop_mesh(self, node: str) -> None:
        """Gracefully, as a rolling update does."""
        mesh = self._running.pop((node, "mesh"))
        mesh.terminate()
        mesh.wait()

    def lose(self, node: str) -> None:
        """All that runs there ends at once."""
        for key in [key for key in self._running if key[0] == node]:
            process = self._running.pop(key)
            process.kill()  # an Envoy dies with its mesh
            process.wait()

    def edit(self, node: str, old: str, new: str) -> None:
        """The linker file of its mesh, which takes the edit over."""
        file = self._linker_file(node)
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    @contextmanager
    def swallowed(self, node: str) -> Iterator[None]:
        """Packets to it and from it vanish: nobody is told, as when a switch fails."""
        rules = (("-d", NODES[node]), ("-s", NODES[node]))
        for rule in rules:
            subprocess.run(["iptables", "-A", "INPUT", *rule, "-j", "DROP"], check=True)
        try:
            yield
        finally:
            for rule in rules:
                subprocess.run(["iptables", "-D", "INPUT", *rule, "-j", "DROP"], check=True)

    def mesh_pid(self, node: str) -> int:
        return self._running[node, "mesh"].pid

    def close(self) -> None:
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            process.wait()

    def _linker_file(self, node: str) -> Path:
        return self._work / f"{node}.yaml"

    def run(self, node: str, name: str, env: Mapping[str, str], *words: str) -> None:
        """A command of clew on a node, with this environment."""
        self._running[node, name] = subprocess.Popen(
            [*CLEW, *words],
            cwd=self._work,
            env={**os.environ, **self._environment, **env},
            stdout=sys.stderr,
        )


def can_swallow() -> bool:
    """Whether packets can be made to vanish here."""
    try:
        probe = subprocess.run(["iptables", "-n", "-L", "INPUT"], check=False, capture_output=True)
    except OSError:
        return False
    return probe.returncode == 0


def network(work: Path) -> None:
    """The addresses of the nodes, and their and the collector's names."""
    raise_loopback()
    for number, ip in enumerate(NODES.values()):
        _add_address(f"lo:{number}", ip)
    hosts = work / "hosts"
    nodes = "".join(f"{ip} {node}\n" for node, ip in NODES.items())
    hosts.write_text(f"127.0.0.1 localhost {COLLECTOR}\n{nodes}")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


@contextmanager
def three_nodes(work: Path) -> Iterator[Nodes]:
    """Ready, with a pod of each service on each of them."""
    network(work)
    with ExitStack() as stack:
        cluster, environment = stack.enter_context(api(work))
        nodes = Nodes(work, cluster, environment)
        stack.callback(nodes.close)
        for service in PORTS:
            nodes.place(service, list(NODES))
        nodes.start_traces()
        for node in NODES:
            nodes.start(node)
        for node in NODES:
            nodes.wait_until_ready(node)
        yield nodes


@contextmanager
def api(work: Path) -> Iterator[tuple[Cluster, Mapping[str, str]]]:
    """An API server, and what a mesh has in its environment to find it.

    It is a real one where the environment says where that is.
    """
    with _real_api(work) if BINARY in os.environ else _small_api() as found:
        yield found


@contextmanager
def _small_api() -> Iterator[tuple[Cluster, Mapping[str, str]]]:
    with small_cluster(ApiServer(), PROXY_PORT) as cluster:
        yield cluster, {}


@contextmanager
def _real_api(work: Path) -> Iterator[tuple[Cluster, Mapping[str, str]]]:
    """With the account of the mesh where Kubernetes puts it into a pod."""
    directory = work / "kubernetes"
    directory.mkdir()
    with running(directory) as server:
        for each in yaml.safe_load_all(render("mesh", Options())):
            server.apply(each)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        ACCOUNT.mkdir(parents=True)
        (ACCOUNT / "token").write_text(server.token("default", "l5d"))
        (ACCOUNT / "ca.crt").write_bytes((directory / "ca.crt").read_bytes())
        yield (
            server,
            {
                "KUBERNETES_SERVICE_HOST": "localhost",
                "KUBERNETES_SERVICE_PORT": str(server.port),
            },
        )


def served_by(client: httpx.Client) -> set[str]:
    """The nodes whose hello has answered some requests, none of which may fail."""
    replies = [client.get("http://hello").raise_for_status().text for _ in range(REQUESTS)]
    return {reply.partition("(")[2].partition(")")[0] for reply in replies}


def until(probe: Callable[[], Any]) -> Any:
    """The first answer that is true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(0.1)
    raise SystemExit("gave up waiting")


def _add_address(alias: str, ip: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("=H2x4s8x", socket.AF_INET, socket.inet_aton(ip))
        fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16s16s", alias.encode(), address))

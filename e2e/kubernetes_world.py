"""Runs inside a network and mount namespace of its own: the post's file on three nodes.

The nodes are loopback addresses, each with a mesh, hello and world; an API server stands where the
post has its ``kubectl proxy``. Prints what is found, one JSON document a line, for
``test_kubernetes.py``.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from tests.mesh.namers.k8s.api_server import ApiServer, endpoint_slice, served

from e2e.seed_world import CLEW, COLLECTOR, raise_loopback, wait

NODES = {f"node-{number}": f"127.0.0.{number}" for number in (1, 2, 3)}
PORTS = {
    "hello": {"http": 7777},
    "world-v1": {"http": 7778},
    "l5d": {"outgoing": 4140, "incoming": 4141, "admin": 9990},
}
REQUESTS = 60
"""So many that a node that gets a share of them gets some."""


class Cluster:
    """What the API server says, changed from another thread."""

    def __init__(self, server: ApiServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self.loop = server, loop

    def put(self, service: str, nodes: Sequence[str]) -> None:
        """The service has a ready pod on these nodes."""
        endpoints = [(NODES[node], node) for node in nodes]
        fields = endpoint_slice(service, endpoints, PORTS[service])

        async def put() -> None:
            self._server.put("endpointslices", "default", f"{service}-x", **fields)

        asyncio.run_coroutine_threadsafe(put(), self.loop).result()


@contextmanager
def cluster() -> Iterator[Cluster]:
    started: list[Cluster] = []
    ready, done = threading.Event(), asyncio.Event()

    async def run() -> None:
        server = ApiServer()
        async with served(server, port=8001):
            started.append(Cluster(server, asyncio.get_running_loop()))
            ready.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield started[0]
    finally:
        started[0].loop.call_soon_threadsafe(done.set)
        thread.join()


def main(work: Path) -> None:
    raise_loopback()
    hosts = work / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {COLLECTOR}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    with ExitStack() as stack:
        kubernetes = stack.enter_context(cluster())
        for service in PORTS:
            kubernetes.put(service, list(NODES))
        start(stack, work, {}, "traces", "--port=9410", f"--store={work / 'store'}")
        wait("http://127.0.0.1:9410/health")
        for node, ip in NODES.items():
            start_node(stack, work, node, ip)
        for ip in NODES.values():
            until(partial(is_live, ip))
            wait(f"http://{ip}:7777/setLatency", 405)  # 405; anything else would call world
            wait(f"http://{ip}:7778/setLatency", 405)
        with httpx.Client(proxy="http://127.0.0.1:4140", timeout=60) as client:
            print(json.dumps(client.get("http://hello").raise_for_status().text), flush=True)
            print(json.dumps(first_trace()), flush=True)
            print(json.dumps(sorted(served_by(client))), flush=True)
            kubernetes.put("l5d", ["node-1", "node-2"])
            until(lambda: "127.0.0.3" not in served_by(client))
            print(json.dumps(sorted(served_by(client))), flush=True)
            kubernetes.put("l5d", list(NODES))
            kubernetes.put("hello", ["node-3"])
            until(lambda: served_by(client) == {"127.0.0.3"})
            print(json.dumps(sorted(served_by(client))), flush=True)


def start_node(stack: ExitStack, work: Path, node: str, ip: str) -> None:
    """A mesh, hello and world, each at the node's address."""
    file = work / f"{node}.yaml"
    seed = Path(__file__).with_name("kubernetes.yaml").read_text()
    file.write_text(seed.replace("ip: 0.0.0.0", f"ip: {ip}"))
    start(stack, work, {"NODE_NAME": node, "POD_IP": ip}, "mesh", str(file))
    proxied = {"http_proxy": f"{ip}:4140", "POD_IP": ip}
    start(stack, work, proxied, "helloworld", f"-addr={ip}:7777", "-text=Hello", "-target=world")
    world = {"TARGET_WORLD": "world", "POD_IP": ip}
    start(stack, work, world, "helloworld", f"-addr={ip}:7778")


def start(stack: ExitStack, work: Path, env: Mapping[str, str], *words: str) -> None:
    process = subprocess.Popen(
        [*CLEW, *words], cwd=work, env={**os.environ, **env}, stdout=sys.stderr
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def served_by(client: httpx.Client) -> set[str]:
    """The nodes whose hello has answered some requests, none of which may fail."""
    replies = [client.get("http://hello").raise_for_status().text for _ in range(REQUESTS)]
    return {reply.partition("(")[2].partition(")")[0] for reply in replies}


def first_trace() -> Any:
    search = "http://127.0.0.1:9410/api/v2/traces?serviceName=127.0.0.1%2F4140"

    def found() -> Any:
        return next((trace for trace in httpx.get(search).json() if len(trace) == 8), None)

    return until(found)


def is_live(ip: str) -> bool:
    """Whether the mesh of the node takes requests."""
    try:
        return httpx.get(f"http://{ip}:9990/admin/ping").status_code == 200
    except httpx.TransportError:
        return False


def until(probe: Callable[[], Any]) -> Any:
    """The first answer that is true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(0.1)
    raise SystemExit("gave up waiting")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Proxies that take a request over two hops to an app: each one process tree, set up alike.

Each has as many threads as the Envoy of a mesh here, keeps its connections, and logs nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.mesh_world import free_port

from bench.running import descendants
from bench.servers import cpu, resident_mb
from clew.mesh.app import workers
from clew.mesh.envoy.binary import find_envoy

THREADS = workers(os.cpu_count() or 1)
READY_SECONDS = 20


@dataclass(frozen=True)
class Hops:
    """What is asked, and who works for it."""

    port: int
    proxy: tuple[int, ...] = ()
    """Process ids of what requests pass through."""
    control: tuple[int, ...] = ()
    """Process ids of what steers it and carries its spans."""

    def used(self) -> tuple[float, float]:
        """Seconds of one core so far: the proxy, and what steers it."""
        return sum(map(cpu, self.proxy)), sum(map(cpu, self.control))

    def memory(self) -> tuple[float, float]:
        """Resident MB: the proxy, and what steers it."""
        return sum(map(resident_mb, self.proxy)), sum(map(resident_mb, self.control))


def installed(program: str) -> str | None:
    """Where a program is; Debian keeps servers where a user's PATH does not look."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def haproxy(program: str, directory: Path, app: int) -> Iterator[Hops]:
    first, second = free_port(), free_port()
    file = directory / "haproxy.cfg"
    file.write_text(f"""
global
  nbthread {THREADS}
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
listen first
  bind 127.0.0.1:{first}
  server second 127.0.0.1:{second}
listen second
  bind 127.0.0.1:{second}
  server app 127.0.0.1:{app}
""")
    with _process([program, "-db", "-f", str(file)], first) as pid:
        yield Hops(first, (pid,))


@contextmanager
def nginx(program: str, directory: Path, app: int) -> Iterator[Hops]:
    first, second = free_port(), free_port()
    hops = "".join(
        f"""
  upstream to{port} {{ server 127.0.0.1:{to}; keepalive 128; keepalive_requests 10000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://to{port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}"""
        for port, to in ((first, second), (second, app))
    )
    paths = "".join(
        f"  {kind}_temp_path {directory}/nginx-{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = directory / "nginx.conf"
    file.write_text(f"""
worker_processes {THREADS};
daemon off;
pid {directory}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4000; }}
http {{
  access_log off;
  keepalive_requests 10000000;
{paths}{hops}
}}
""")
    with _process([program, "-e", "stderr", "-c", str(file)], first) as pid:
        yield Hops(first, (pid, *descendants(pid)))


@contextmanager
def plain_envoy(directory: Path, app: int) -> Iterator[Hops]:
    """The Envoy of the mesh with nothing but two listeners and two clusters in its file."""
    first, second = free_port(), free_port()
    hops = {first: second, second: app}
    file = directory / "envoy.json"
    resources = {
        "listeners": [_listener(port) for port in hops],
        "clusters": [_cluster(port, to) for port, to in hops.items()],
    }
    file.write_text(json.dumps({"static_resources": resources}))
    flags = ["--config-path", str(file), "--concurrency", str(THREADS), "--disable-hot-restart"]
    with _process([str(find_envoy()), *flags, "--log-level", "error"], first) as pid:
        yield Hops(first, (pid,))


def _listener(port: int) -> dict[str, Any]:
    extensions = "type.googleapis.com/envoy.extensions.filters"
    route = {"match": {"prefix": "/"}, "route": {"cluster": f"to{port}"}}
    manager = {
        "@type": f"{extensions}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": f"at{port}",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{extensions}.http.router.v3.Router"},
            }
        ],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    return {"name": f"at{port}", "address": _address(port), "filter_chains": [chain]}


def _cluster(port: int, to: int) -> dict[str, Any]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(to)}}]}]
    name = f"to{port}"
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@contextmanager
def clew(
    directory: Path, app: int, collector: int, sample_rate: float | None, **router: object
) -> Iterator[Hops]:
    """``clew mesh``, through both routers. Without ``sample_rate`` nothing is traced.

    ``router`` has further keys of both routers.
    """
    first, second, admin = free_port(), free_port(), free_port()
    routers = [
        {
            "protocol": "http",
            "label": label,
            "dtab": f"/svc/* => /$/inet/127.0.0.1/{to}",
            "servers": [{"port": port}],
            **router,
        }
        for label, port, to in (("outgoing", first, second), ("incoming", second, app))
    ]
    zipkin = {"kind": "io.l5d.zipkin", "host": "127.0.0.1", "port": collector}
    telemetry = [] if sample_rate is None else [{**zipkin, "sampleRate": sample_rate}]
    file = directory / f"linkerd-{first}.json"
    linker = {"admin": {"port": admin}, "telemetry": telemetry, "routers": routers}
    file.write_text(json.dumps(linker))
    with mesh(file, first) as pid:
        yield Hops(first, envoys(pid), (pid,))


@contextmanager
def mesh(file: Path, port: int) -> Iterator[int]:
    """``clew mesh``, when its router at ``port`` gives answers of an app; its process id."""
    with _process([sys.executable, "-m", "clew", "mesh", str(file)], port) as pid:
        yield pid


def envoys(pid: int) -> tuple[int, ...]:
    """The Envoy below a mesh."""
    commands = descendants(pid).items()
    return tuple(child for child, words in commands if "envoy" in words.split(" ")[0])


@contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await_answer(process, port)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)

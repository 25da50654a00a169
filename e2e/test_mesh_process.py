"""The process of `clew mesh` and its Envoy: killed, stopped, started twice."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from e2e.mesh_world import free_port


class App(ThreadingHTTPServer):
    """Answers at once, but /slow only when ``answer`` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.posts = 0
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: App

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.asked.set()
            self.server.answer.wait()
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.posts += 1
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test fails where it asks."""


@dataclass
class Node:
    """A linker file and where it listens."""

    file: Path
    run_dir: Path
    port: int
    admin: int

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "clew", "mesh", str(self.file), f"--run-dir={self.run_dir}"]

    def get(self, path: str = "/") -> httpx.Response:
        headers = {"host": "hello"}
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=None)

    def envoy(self) -> int:
        """Process id of the Envoy that uses this run directory."""
        (pid,) = self.envoys()
        return pid

    def envoys(self) -> list[int]:
        needle = os.fsencode(self.run_dir / "envoy.json")
        return [pid for pid in processes() if needle in argv(pid) and b"-c" not in argv(pid)]


@pytest.fixture
def app() -> Iterator[App]:
    with App() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def node(app: App, tmp_path: Path) -> Node:
    disco = tmp_path / "disco"
    disco.mkdir()
    (disco / "hello").write_text(f"127.0.0.1 {app.server_port}\n")
    made = Node(tmp_path / "l5d.yaml", tmp_path / "run", free_port(), free_port())
    made.file.write_text(
        f"admin: {{port: {made.admin}, shutdownGraceMs: 60000}}\n"
        f"namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]\n"
        "routers:\n"
        "- protocol: http\n"
        "  label: outgoing\n"
        "  dtab: /svc => /#/io.l5d.fs\n"
        f"  servers: [{{port: {made.port}}}]\n"
    )
    return made


@contextmanager
def running(node: Node) -> Iterator[subprocess.Popen[str]]:
    """The mesh of ``node``, ready. Whatever the test leaves of it is killed."""
    with subprocess.Popen(node.command, stdout=subprocess.PIPE, text=True) as mesh:
        try:
            assert mesh.stdout is not None
            assert mesh.stdout.readline() == f"outgoing http://127.0.0.1:{node.port}\n"
            assert mesh.stdout.readline() == f"admin http://127.0.0.1:{node.admin}\n"
            yield mesh
        finally:
            mesh.kill()


def processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def argv(pid: int) -> list[bytes]:
    """Empty when it is gone, and for a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def until(condition: Callable[[], bool]) -> None:
    """The test's own timeout is the bound."""
    while not condition():
        time.sleep(0.02)


def answers(node: Node) -> bool:
    try:
        return node.get().text == "hello"
    except httpx.TransportError:
        return False


def refuses(node: Node) -> bool:
    try:
        socket.create_connection(("127.0.0.1", node.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_when_its_addresses_are_printed_it_serves_and_the_ping_says_so(node: Node) -> None:
    with running(node):
        assert node.get().text == "hello"
        assert httpx.get(f"http://127.0.0.1:{node.admin}/admin/ping").text == "pong"
        metrics = httpx.get(f"http://127.0.0.1:{node.admin}/admin/metrics/prometheus").text
        server = f'rt="outgoing", server="127.0.0.1/{node.port}"'
        assert f"rt:server:requests{{{server}}} 1\n" in metrics
        assert 'rt:service:success{rt="outgoing", service="svc/hello"} 1\n' in metrics
        assert 'rt:client:success{rt="outgoing", client="#/io.l5d.fs/hello"} 1\n' in metrics


def test_ports_that_the_system_chooses_are_printed(node: Node) -> None:
    text = node.file.read_text()
    for port in (node.port, node.admin):
        text = text.replace(f"port: {port}", "port: 0")
    node.file.write_text(text)
    with subprocess.Popen(node.command, stdout=subprocess.PIPE, text=True) as mesh:
        try:
            assert mesh.stdout is not None
            label, router = mesh.stdout.readline().split()
            name, admin = mesh.stdout.readline().split()
            assert (label, name) == ("outgoing", "admin")
            assert httpx.get(router, headers={"host": "hello"}).text == "hello"
            assert httpx.get(f"{admin}/admin/ping").text == "pong"
        finally:
            mesh.kill()


def test_an_edited_file_sends_spans_elsewhere_and_shows_its_metrics_under_another_path(
    node: Node, app: App
) -> None:
    with running(node), App() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        try:
            telemetry = [
                {"kind": "io.l5d.zipkin", "host": "127.0.0.1", "port": 1, "sampleRate": 1.0},
                {"kind": "io.l5d.prometheus", "path": "/numbers", "prefix": "my_"},
            ]
            admin = f"http://127.0.0.1:{node.admin}"
            node.file.write_text(f"{node.file.read_text()}telemetry: {json.dumps(telemetry)}\n")
            until(lambda: httpx.get(f"{admin}/numbers").status_code == 200)
            assert "my_rt:server:requests{" in httpx.get(f"{admin}/numbers").text

            text = node.file.read_text()
            node.file.write_text(text.replace('"port": 1,', f'"port": {collector.server_port},'))

            def arrived() -> bool:
                assert node.get().text == "hello"
                return collector.posts > 0

            until(arrived)
            metrics = httpx.get(f"{admin}/numbers").text
            assert 'clew_relay_spans_exported_total{telemeter="127.0.0.1:1"} 0.0' in metrics
        finally:
            collector.shutdown()
            thread.join()


def test_what_has_no_effect_is_said_at_the_start_and_after_an_edit(node: Node) -> None:
    text = node.file.read_text()
    node.file.write_text(f"{text}  originator: true\n")
    with subprocess.Popen(
        node.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as mesh:
        try:
            assert mesh.stderr is not None
            said = iter(mesh.stderr.readline, "")
            assert any("routers[0].originator has no effect" in line for line in said)
            assert any("admin on" in line for line in said)
            node.file.write_text(f"{node.file.read_text()}  maxErrResponseKB: 1\n")
            between = list(itertools.takewhile(lambda line: "maxErrResponseKB" not in line, said))
            assert not [line for line in between if "originator" in line]
        finally:
            mesh.kill()


def test_a_killed_envoy_is_back_and_answers_again(node: Node) -> None:
    with running(node):
        for _ in range(2):
            assert node.get().text == "hello"
            killed = node.envoy()
            os.kill(killed, signal.SIGKILL)
            until(lambda: answers(node))
            assert node.envoy() != killed
        metrics = httpx.get(f"http://127.0.0.1:{node.admin}/admin/metrics/prometheus").text
        assert "clew_mesh_envoy_restarts_total 2.0" in metrics


def test_a_killed_mesh_takes_its_envoy_along_and_can_be_started_again(node: Node) -> None:
    with running(node) as mesh:
        assert node.envoy()
        mesh.kill()
        mesh.wait()
        until(lambda: not node.envoys())
    with running(node):
        assert node.get().text == "hello"


def test_sigterm_refuses_connections_lets_the_request_end_and_exits_with_0(
    node: Node, app: App
) -> None:
    with running(node) as mesh, ThreadPoolExecutor() as pool:
        assert node.get().text == "hello"
        slow = pool.submit(node.get, "/slow")
        app.asked.wait()
        mesh.terminate()
        until(lambda: refuses(node))
        assert mesh.poll() is None
        app.answer.set()
        assert (slow.result().status_code, slow.result().text) == (200, "hello")
        assert mesh.wait() == 0
        assert node.envoys() == []


def test_sigterm_under_load_cuts_only_what_outlasts_the_grace(node: Node, app: App) -> None:
    node.file.write_text(node.file.read_text().replace("60000", "2000"))
    begun = threading.Barrier(5)

    def load() -> list[int]:
        """Statuses on one kept connection, until no new one is taken."""
        statuses = []
        with httpx.Client(timeout=None, headers={"host": "hello"}) as client:
            while True:
                try:
                    statuses.append(client.get(f"http://127.0.0.1:{node.port}/").status_code)
                except httpx.ConnectError:
                    return statuses
                if len(statuses) == 10:
                    begun.wait()

    with running(node) as mesh, ThreadPoolExecutor() as pool:
        assert node.get().text == "hello"
        loads = [pool.submit(load) for _ in range(4)]
        begun.wait()
        endless = pool.submit(node.get, "/slow")
        app.asked.wait()
        mesh.terminate()
        assert mesh.wait() == 0
        for each in loads:
            assert set(each.result()) == {200}
        assert isinstance(endless.exception(), httpx.RemoteProtocolError)
        assert node.envoys() == []


def test_while_the_control_plane_hangs_known_names_go_on_and_afterwards_new_ones_work(
    node: Node, app: App
) -> None:
    disco = node.file.parent / "disco"
    with running(node) as mesh:
        assert node.get().text == "hello"
        mesh.send_signal(signal.SIGSTOP)
        (disco / "other").write_text(f"127.0.0.1 {app.server_port}\n")
        assert [node.get().status_code for _ in range(200)] == [200] * 200
        mesh.send_signal(signal.SIGCONT)

        def other_works() -> bool:
            url = f"http://127.0.0.1:{node.port}"
            return httpx.get(url, headers={"host": "other"}, timeout=None).status_code == 200

        until(other_works)


def test_a_second_signal_stops_at_once(node: Node, app: App) -> None:
    with running(node) as mesh, ThreadPoolExecutor() as pool:
        slow = pool.submit(node.get, "/slow")
        app.asked.wait()
        mesh.send_signal(signal.SIGINT)
        until(lambda: refuses(node))
        mesh.send_signal(signal.SIGINT)
        assert mesh.wait() == 128 + signal.SIGINT
        assert isinstance(slow.exception(), httpx.RemoteProtocolError)
        assert node.envoys() == []


def test_a_second_mesh_on_the_same_directory_is_refused(node: Node, tmp_path: Path) -> None:
    with running(node) as mesh:
        other = tmp_path / "other.yaml"
        text = node.file.read_text()
        for port in (node.port, node.admin):
            text = text.replace(str(port), str(free_port()))
        other.write_text(text)
        command = [*node.command[:-2], str(other), node.command[-1]]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert f"another mesh runs on it (process {mesh.pid})" in refused.stderr
        assert node.get().text == "hello"


@pytest.mark.parametrize("which", ["port", "admin"])
def test_a_port_in_use_is_one_sentence_and_leaves_nothing(node: Node, which: str) -> None:
    port = getattr(node, which)
    with socket.create_server(("127.0.0.1", port)):
        done = subprocess.run(node.command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"127.0.0.1:{port} is already in use" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert node.envoys() == []

"""The trace server as it is run: a process on the real embedded store."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from tests.trace.collect.standins import eventually

from clew.span import json_v2, proto3
from clew.span.model import Micros, Span
from clew.span.normal import new_endpoint, new_span

_STORED = """
import json, sys
from pathlib import Path
from clew.trace.store.embedded import EmbeddedEngine
engine = EmbeddedEngine(Path(sys.argv[1]) / "store")
session = engine.session({}, "clew")
rows = session.read("SELECT trace_lo, count() AS n FROM spans GROUP BY trace_lo")
print(json.dumps(dict(zip(rows["trace_lo"].to_pylist(), rows["n"].to_pylist()))))
"""
SPANS_EACH = 5


class Traces:
    """A ``clew traces`` process."""

    def __init__(self, store: Path | str, *options: str) -> None:
        self.store = store
        command = [sys.executable, "-m", "clew", "traces", "--port", "0", "--store", str(store)]
        self.process = subprocess.Popen(
            [*command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("clew traces ready: http://127.0.0.1:"), self.process.communicate()
        self.url = line.split()[3].removesuffix("/zipkin/")

    def post(self, spans: list[Span]) -> httpx.Response:
        return httpx.post(f"{self.url}/api/v2/spans", content=json_v2.encode_list(spans))

    def counts(self) -> dict[str, int]:
        """Where the accepted spans are, by /health."""
        details = httpx.get(f"{self.url}/health").json()["zipkin"]["details"]
        counts: dict[str, int] = details["Collector{}"]["details"]
        return counts

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        logged = self.process.communicate()[1]
        self.errors = [line for line in logged.splitlines() if " INFO " not in line]
        return self.process.returncode


@contextlib.contextmanager
def traces(store: Path | str, *options: str) -> Iterator[Traces]:
    server = Traces(store, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)


def stored(directory: Path) -> dict[int, int]:
    """How many rows of each trace are in the store; the server must be gone."""
    command = [sys.executable, "-c", _STORED, str(directory)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {int(trace): count for trace, count in json.loads(answer).items()}


def message(number: int) -> list[Span]:
    """The spans of one message: a trace of its own."""
    return [
        new_span(
            trace_id=f"{number:x}",
            id=f"{id:x}",
            timestamp=time.time_ns() // 1000,
            duration=Micros(1),
            local_endpoint=new_endpoint(service_name="web"),
        )
        for id in range(1, SPANS_EACH + 1)
    ]


class Senders:
    """Threads that report as fast as they are answered, until the server is gone."""

    def __init__(self, url: str, numbers: Iterator[int]) -> None:
        self.acknowledged: list[int] = []
        self._url = url
        self._numbers = numbers
        self._taking = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with httpx.Client() as client, contextlib.suppress(httpx.TransportError):
            while True:
                with self._taking:
                    number = next(self._numbers)
                body = json_v2.encode_list(message(number))
                if client.post(f"{self._url}/api/v2/spans", content=body).status_code == 202:
                    self.acknowledged.append(number)


def test_after_kill_9_every_acknowledged_span_is_there_once(tmp_path: Path) -> None:
    numbers = iter(range(1, 1_000_000))
    acknowledged: list[int] = []
    for _ in range(2):
        with traces(tmp_path) as server:
            senders = Senders(server.url, numbers)
            time.sleep(random.uniform(0.2, 1.6))
            server.stop(signal.SIGKILL)
            senders.join()
            acknowledged += senders.acknowledged
    assert acknowledged
    with traces(tmp_path) as server:
        assert server.stop(signal.SIGTERM) == 0
        assert server.errors == []
    rows = stored(tmp_path)
    assert [number for number in acknowledged if number not in rows] == []
    assert {trace: count for trace, count in rows.items() if count != SPANS_EACH} == {}


def test_a_stop_stores_what_was_accepted(tmp_path: Path) -> None:
    with traces(tmp_path) as server:
        for number in range(1, 20):
            assert server.post(message(number)).status_code == 202
        assert server.stop(signal.SIGTERM) == 0
        assert server.errors == []
    assert list((tmp_path / "log").iterdir()) == []
    assert stored(tmp_path) == dict.fromkeys(range(1, 20), SPANS_EACH)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    with traces(tmp_path_factory.mktemp("running")) as server:
        yield server


def test_what_is_reported_is_found_by_every_way(running: Traces) -> None:
    assert running.post(message(0xA)).status_code == 202
    body = proto3.encode_list(message(0xB))
    headers = {"Content-Type": "application/x-protobuf"}
    httpx.post(f"{running.url}/api/v2/spans", content=body, headers=headers).raise_for_status()
    with grpc.insecure_channel(running.url.removeprefix("http://")) as channel:
        report: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/zipkin.proto3.SpanService/Report"
        )
        assert report(proto3.encode_list(message(0xC))) == b""
    eventually(lambda: running.counts()["waiting"] == 0)
    for trace_id in "abc":
        spans = httpx.get(f"{running.url}/api/v2/trace/{trace_id}").json()
        assert [span["id"][-1] for span in spans] == ["1", "2", "3", "4", "5"]
    assert httpx.get(f"{running.url}/zipkin/api/v2/services").json() == ["web"]
    prometheus = httpx.get(f"{running.url}/prometheus").text
    assert "clew_spans_waiting 0.0" in prometheus
    labels = 'method="POST",status="202",uri="/api/v2/spans"'
    assert f"http_server_requests_seconds_count{{{labels}}} 2.0" in prometheus
    counts = running.counts()
    assert counts["accepted"] == counts["stored"] == 3 * SPANS_EACH


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/nothing", 404),
        ("PUT", "/api/v2/spans", 404),
        ("POST", "/zipkin/api/v2/spans", 404),
        ("POST", "/health", 404),
        ("TRACE", "/api/v2/spans", 405),
        ("TRACE", "/nothing", 405),
        ("GET", "/health", 200),
        ("GET", "/?serviceName=a%2Fb", 302),
    ],
)
def test_paths_and_methods_are_answered_as_by_zipkin(
    running: Traces, method: str, path: str, status: int
) -> None:
    assert httpx.request(method, running.url + path).status_code == status


def test_bad_input_to_the_port_disturbs_nothing(running: Traces) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    before = running.counts()["accepted"]
    for garbage in (b"\0" * 1000, b"POST /api/v2/spans HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(garbage)
            assert connection.recv(12) == b"HTTP/1.1 400"
    half = b"POST /api/v2/spans HTTP/1.1\r\nContent-Length: 9\r\n\r\n[{"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(half)
    for body in (b"\xff" * 1000, b"[" * 100_000, b'[{"traceId":"1"}]'):
        assert httpx.post(f"{running.url}/api/v2/spans", content=body).status_code == 400
    huge = httpx.post(f"{running.url}/api/v2/spans", content=bytes(30 << 20))
    assert huge.status_code == 413
    assert running.counts()["accepted"] == before
    assert running.process.poll() is None


def refusal(*arguments: str) -> tuple[int, str]:
    """How ``clew traces`` with these arguments ends, and what it says."""
    command = [sys.executable, "-m", "clew", "traces", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_a_store_in_use_is_said_in_one_sentence(running: Traces) -> None:
    code, said = refusal("--port", "0", "--store", str(running.store))
    assert code == 2
    assert said.count("\n") == 1
    assert "another process has this store open" in said


def test_one_that_waits_for_its_store_can_be_ended(tmp_path: Path) -> None:
    store = ["--store=clickhouse://127.0.0.1:1", f"--spool={tmp_path}"]
    with subprocess.Popen(
        # as the first process of a container, which no unhandled signal ends
        [
            *("env", "--ignore-signal=TERM"),
            sys.executable,
            "-m",
            "clew",
            "traces",
            "--port=0",
            *store,
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert "waiting for the store: ClickHouse at 127.0.0.1:1" in process.stderr.readline()
        process.terminate()
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_a_port_in_use_is_said_in_one_sentence_and_leaves_no_store(
    running: Traces, tmp_path: Path
) -> None:
    port = running.url.rpartition(":")[2]
    code, said = refusal("--port", port, "--store", str(tmp_path / "store"))
    assert code == 2
    assert said.startswith(f"clew: cannot listen on 127.0.0.1 port {port}: Address already in use")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = refusal("--port", "0", "--store", str(tmp_path / "file" / "store"))
    assert (code, said.count("\n")) == (2, 1)
    assert "Not a directory" in said

"""Reporters as they are used: each in an environment of its own, against a server on its ports."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from clew.mesh.relay.answer import Answer, Taken
from clew.mesh.relay.scribe import Scribe
from clew.span import proto3
from clew.span.normal import new_endpoint, new_span

CLIENTS = Path(__file__).with_name("clients")
PATIENCE = 30.0
_SERVE = """
import sys
from pathlib import Path
from clew.cli.logs import log_to_stderr
from clew.trace.app import Settings, run
log_to_stderr("info", "text")
settings = Settings(directory=Path(sys.argv[1]), port=0, otlp_ports=(0, 0), scribe_port=0)
run(settings, lambda address: print(f"ready: {address}", file=sys.stderr, flush=True))
"""


class Server:
    """A trace server; its usual ports are free ones here."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stderr
        said = ""
        for line in process.stderr:
            said += line
            if match := re.search(r"ready: (\S+)", line):
                self.url = match[1]
                break
        otlp = re.findall(r"taking OTLP at port (\d+)", said)
        scribe = re.findall(r"taking Scribe at port (\d+)", said)
        assert (len(otlp), len(scribe)) == (2, 1), said
        self.otlp_grpc, self.otlp_http, self.scribe = map(int, (*otlp, *scribe))

    def spans(self, trace_id: str, count: int) -> list[dict[str, Any]]:
        """The spans of a trace by name, once there are ``count``."""
        patience = time.monotonic() + PATIENCE
        while True:
            response = httpx.get(f"{self.url}/api/v2/trace/{trace_id}")
            spans: list[dict[str, Any]] = response.json() if response.is_success else []
            if len(spans) >= count:
                return sorted(spans, key=lambda span: str(span.get("name")))
            assert time.monotonic() < patience, spans
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("traces")
    command = [sys.executable, "-c", _SERVE, str(directory)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a script in the environment of a file of pins; what it prints."""
    pythons: dict[str, Path] = {}

    def run(environment: str, script: str, *arguments: str) -> str:
        if environment not in pythons:
            directory = tmp_path_factory.mktemp(environment)
            uv = (sys.executable, "-m", "uv", "--quiet")
            subprocess.run([*uv, "venv", "--python", sys.executable, directory], check=True)
            python = pythons[environment] = directory / "bin" / "python"
            pins = ("--require-hashes", "-r", str(CLIENTS / f"{environment}.txt"))
            install = (*uv, "pip", "install", "--python", str(python), *pins)
            subprocess.run(install, check=True)
        ended = subprocess.run(
            [pythons[environment], CLIENTS / script, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    return run


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ("py_zipkin_v1", "V1_THRIFT"),
        ("py_zipkin_v1", "V1_JSON"),
        ("py_zipkin", "V2_JSON"),
        ("py_zipkin", "V2_PROTO3"),
    ],
)
def test_py_zipkin(
    server: Server, client: Callable[..., str], environment: str, encoding: str
) -> None:
    trace_id = client(environment, "report_py_zipkin.py", server.url, encoding)
    served, call = server.spans(trace_id, 2)

    assert (served["kind"], served["name"]) == ("SERVER", "get /basket")
    assert served["localEndpoint"] == {"serviceName": "shop", "ipv4": "10.1.2.3", "port": 8080}
    assert served["tags"] == {"http.path": "/basket"}
    assert [annotation["value"] for annotation in served["annotations"]] == ["warm"]
    assert served["duration"] >= call["duration"] > 0
    assert (call["kind"], call["name"], call["parentId"]) == ("CLIENT", "query", served["id"])
    assert call["remoteEndpoint"] == {"serviceName": "db", "ipv4": "10.1.2.4", "port": 5432}
    assert call["tags"] == {"error": "no rows"}


def test_a_thrift_client_of_scribe(server: Server, client: Callable[..., str]) -> None:
    said = client("py_zipkin_v1", "report_scribe.py", str(server.scribe)).split()
    trace_id, *results = said
    assert results == ["0", "0"]  # OK
    (span,) = server.spans(trace_id, 1)
    assert (span["kind"], span["localEndpoint"]["serviceName"]) == ("SERVER", "linker")
    assert span["duration"] == 20_000


def test_the_relay_of_the_mesh_by_scribe(server: Server) -> None:
    span = new_span(trace_id="5c", id="5c", local_endpoint=new_endpoint(service_name="relay"))

    async def post() -> Answer:
        client = Scribe("127.0.0.1", server.scribe, timeout=PATIENCE)
        try:
            return await client.post(proto3.encode_list([span]))
        finally:
            await client.close()

    assert asyncio.run(post()) == Taken()
    assert server.spans("5c", 1)[0]["localEndpoint"] == {"serviceName": "relay"}


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize("own_port", [False, True])
def test_the_sdk_of_opentelemetry(
    server: Server, client: Callable[..., str], protocol: str, compression: str, own_port: bool
) -> None:
    own = server.otlp_grpc if protocol == "grpc" else server.otlp_http
    endpoint = f"http://127.0.0.1:{own}" if own_port else server.url
    endpoint = f"{endpoint}/v1/traces" if protocol == "http" else endpoint
    said = client("opentelemetry", "report_opentelemetry.py", protocol, endpoint, compression)
    served, call = server.spans(said, 2)

    assert (served["kind"], served["name"]) == ("SERVER", "get /basket")
    assert served["localEndpoint"] == {"serviceName": "shop"}
    assert served["tags"]["service.version"] == "1.2"
    assert served["tags"]["otel.scope.name"] == "basket"
    link = f'{0xABC:032x}|{0xDEF:016x}||{{"why":"batch"}}|0'
    assert served["tags"]["otlp.link.0"] == link
    assert served["annotations"][0]["value"] == '"warm": {"items":[1,2]}'
    assert served["duration"] >= call["duration"] > 0
    assert (call["kind"], call["parentId"]) == ("CLIENT", served["id"])
    assert call["remoteEndpoint"] == {"serviceName": "db", "port": 5432}
    assert call["tags"]["error"] == "no rows"
    assert call["tags"]["otel.status_code"] == "ERROR"


@pytest.mark.parametrize(
    ("method", "message", "answer"),
    [
        ("zipkin.proto3.SpanService/Report", b"", b""),
        ("opentelemetry.proto.collector.trace.v1.TraceService/Export", b"", b""),
    ],
)
def test_a_grpc_client_without_our_descriptions(
    server: Server, method: str, message: bytes, answer: bytes
) -> None:
    with grpc.insecure_channel(server.url.removeprefix("http://")) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{method}")
        assert call(message, timeout=PATIENCE) == answer
        with pytest.raises(grpc.RpcError) as error:
            call(b"garbage", timeout=PATIENCE)
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        nothing: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{method}s")
        with pytest.raises(grpc.RpcError) as error:
            nothing(message, timeout=PATIENCE)
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_otlps_ports_serve_nothing_else(server: Server) -> None:
    for port in (server.otlp_http, server.otlp_grpc):
        for path in ("/api/v2/services", "/zipkin/", "/health"):
            assert httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 404
        body = httpx.post(f"http://127.0.0.1:{port}/v1/traces", json={})
        assert (body.status_code, body.json()) == (200, {})


def test_the_counts_of_all_transports_add_up(server: Server) -> None:
    details = httpx.get(f"{server.url}/health").json()["zipkin"]["details"]["Collector{}"][
        "details"
    ]
    dropped = sum(details["dropped"].values())
    assert details["accepted"] == details["stored"] + dropped + details["waiting"]

"""Garbage, half and huge requests to every port of a running demo: refused, counted, harmless."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from e2e.demo import PATIENCE, Demo, running

PORTS = {"traces": 9411, "outgoing": 4140, "incoming": 4141, "admin": 9990, "app": 7777}
NOISE = random.Random(7).randbytes(20_000)
LINE = b"POST /api/v2/spans HTTP/1.1\r\nHost: hello\r\n"
INPUTS = {
    "noise": NOISE,
    "noise after a request line": LINE + NOISE + b"\r\n\r\n",
    "a half request line": b"GET /",
    "half the headers": LINE + b"content-type: app",
    "half a body": LINE + b"content-length: 1000\r\n\r\n[{",
    "a broken chunk": LINE + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "a negative length": LINE + b"content-length: -1\r\n\r\n",
    "a megabyte of headers": LINE + b"".join(b"x-%d: y\r\n" % i for i in range(100_000)),
    "nothing": b"",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("bad"), "--verbose") as demo:
        yield demo
        assert "Traceback" not in demo.log
        assert demo.process.poll() is None


def send(port: int, data: bytes) -> bytes:
    """What the peer answers when ``data`` is all that ever comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65536):
                answer += more
        except TimeoutError:
            raise
        except OSError:
            pass  # refusing to read on is an answer too: a reset, or nothing left to shut down
        return answer


@pytest.mark.parametrize("data", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize("port", PORTS.values(), ids=PORTS)
def test_a_broken_request_is_refused_or_closed_and_nothing_else_is_disturbed(
    demo: Demo, port: int, data: bytes
) -> None:
    answer = send(port + demo.offset, data)

    assert answer == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", answer), answer[:200]
    assert demo.get("http://hello", **{"l5d-sample": "0.0"}).status_code == 200


@pytest.mark.parametrize("port", PORTS.values(), ids=PORTS)
def test_a_huge_body_is_refused_or_read_to_its_end(demo: Demo, port: int) -> None:
    answer = httpx.post(
        f"http://127.0.0.1:{port + demo.offset}/api/v2/spans",
        content=b"x" * (30 << 20),
        headers={"host": "hello", "l5d-sample": "0.0"},
        timeout=PATIENCE,
        trust_env=False,
    )

    # the sample app and the routers in front of it take any body, as the original does
    assert answer.status_code in ((200,) if port in (4140, 4141, 7777) else (404, 413))


def test_refused_reports_are_counted_and_nothing_of_them_is_stored(demo: Demo) -> None:
    name = "zipkin_collector_messages_dropped_total"
    traces = demo.url("traces")
    before = counted(traces, name)
    span = b'[{"traceId":"abc","id":"1","timestamp":1,"localEndpoint":{"serviceName":"bad"}},'
    bodies = [b"[", b"\x0a\x05zz", b"{}", NOISE, span, span + b'{"traceId":"xyz","id":"2"}]']
    for body in bodies:
        answer = httpx.post(f"{traces}api/v2/spans", content=body, trust_env=False)
        assert answer.status_code == 400, (body[:40], answer.text)

    assert counted(traces, name) >= before + len(bodies)
    assert demo.api("trace/abc") is None
    assert "bad" not in demo.api("services")


def counted(traces: str, name: str) -> float:
    text = httpx.get(f"{traces}prometheus", trust_env=False).text
    return sum(float(n) for n in re.findall(rf'^{name}{{transport="http"}} (\S+)$', text, re.M))

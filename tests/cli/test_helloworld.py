"""``clew helloworld`` as a process: it says where it listens, and goes when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CLEW = [sys.executable, "-m", "clew", "helloworld"]
ENVIRON = {
    name: value
    for name, value in os.environ.items()
    if name.lower() not in ("http_proxy", "target_world", "pod_ip")
}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLEW, *words], capture_output=True, text=True, env=ENVIRON)


@contextmanager
def running(
    *words: str, protocol: str = "HTTP", **environ: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the URL it serves on."""
    with subprocess.Popen(
        [*CLEW, *words], stderr=subprocess.PIPE, text=True, env=ENVIRON | environ
    ) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            assert line.startswith(f"starting {protocol} server on "), line
            yield process, f"http://{line.split()[-1]}"
        finally:
            process.kill()


def get(url: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url) as response:
        body: bytes = response.read()
        return body.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_told_to_stop(number: signal.Signals) -> None:
    with running("-addr", "127.0.0.1:0", "--text=Hi", POD_IP="10.0.0.1") as (process, url):
        assert get(url) == "Hi (10.0.0.1)!"
        process.send_signal(number)
        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == f"shutting down HTTP server on {url[len('http://') :]}\n"


def test_grpc_is_served_and_stopped_too() -> None:
    with running("-addr=127.0.0.1:0", "-protocol=grpc", protocol="gRPC") as (process, url):
        host, port = url.removeprefix("http://").split(":")
        socket.create_connection((host, int(port))).close()
        process.terminate()
        assert process.wait() == 0


def test_hello_and_world() -> None:
    with running("-addr=127.0.0.1:0", "-text=world") as (_, world):
        proxy = world.removeprefix("http://")
        with running("-addr=127.0.0.1:0", "-target=world", http_proxy=proxy) as (_, hello):
            assert get(hello) == "Hello world!!"


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_port_in_use_is_one_sentence(protocol: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        addr = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("-addr", addr, "-protocol", protocol)
    assert done.returncode == 2
    assert done.stderr == (
        f"clew: cannot listen on {addr}: address already in use "
        "(stop what listens there, or choose another -addr)\n"
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["-latency=11s"], 1, "clew: latency cannot exceed 10s\n"),
        (["-nonsense"], 2, "clew: flag provided but not defined: -nonsense (flags: -addr"),
    ],
)
def test_refusals_leave_with_the_originals_status(words: list[str], status: int, said: str) -> None:
    done = run(*words)
    assert done.returncode == status
    assert done.stderr.startswith(said)


@pytest.mark.parametrize("word", ["--help", "-help", "-h"])
def test_help_shows_every_flag_and_an_example(word: str) -> None:
    done = run(word)
    assert done.returncode == 0
    for flag in ("-addr", "-text", "-target", "-latency", "-failure-rate", "-json", "-forward"):
        assert f"  {flag} " in done.stdout
    assert "Example: http_proxy=127.0.0.1:4140 clew helloworld" in done.stdout

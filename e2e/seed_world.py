"""Runs inside a network and mount namespace of its own: the post's file on the post's ports.

Prints the newest trace of ``0.0.0.0/4140`` as JSON. Started by ``test_seed.py``.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

CLEW = (sys.executable, "-m", "clew")
COLLECTOR = "zipkin-collector.default.svc.cluster.local"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def raise_loopback() -> None:
    """A new network namespace has its loopback interface down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)


def main(work: Path) -> None:
    raise_loopback()
    hosts = work / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {COLLECTOR}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    disco = work / "disco"
    disco.mkdir()
    for name, port in (("hello", 7777), ("world-v1", 7778)):
        (disco / name).write_text(f"127.0.0.1 {port}\n")
    (work / "linkerd.yaml").write_bytes(Path(__file__).with_name("seed.yaml").read_bytes())

    with ExitStack() as stack:
        for words, env in (
            (("traces", "--port=9410", f"--store={work / 'store'}"), {}),
            (("helloworld", "-addr=:7777", "-text=Hello", "-target=world"), proxied()),
            (("helloworld", "-addr=:7778"), {"TARGET_WORLD": "world", "POD_IP": "10.0.0.2"}),
            (("mesh", "linkerd.yaml"), {}),
        ):
            process = subprocess.Popen(
                [*CLEW, *words], cwd=work, env={**os.environ, **env}, stdout=sys.stderr
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        wait("http://127.0.0.1:9410/health")
        wait("http://127.0.0.1:9990/admin/ping")
        for port in (7777, 7778):
            wait(f"http://127.0.0.1:{port}/setLatency", 405)  # any other path would call world
        with httpx.Client(proxy="http://127.0.0.1:4140") as client:
            print(client.get("http://hello").raise_for_status().text)
        search = "http://127.0.0.1:9410/api/v2/traces?serviceName=0.0.0.0%2F4140"
        for _ in range(200):
            found = httpx.get(search).json()
            if any(len(trace) == 8 for trace in found):
                break
            time.sleep(0.1)
        print(httpx.get(search).text)


def proxied() -> dict[str, str]:
    return {"http_proxy": "127.0.0.1:4140", "POD_IP": "10.0.0.1"}


def wait(url: str, status: int = 200) -> None:
    """Until ``url`` answers so."""
    for _ in range(300):
        try:
            if httpx.get(url).status_code == status:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer {status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

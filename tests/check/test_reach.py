from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import pytest
from tests.check.cluster import Answers, served
from tests.mesh.relay.collector import unused_port

from clew.check import reach
from clew.check.finding import Level
from clew.check.needs import (
    Directory,
    DnsServer,
    File,
    Kubernetes,
    Need,
    Page,
    Server,
    Thing,
    Variable,
)
from clew.mesh.naming.bound import Address

HERE = "127.0.0.1"


def look(thing: Thing, **environment: str) -> tuple[str, str]:
    """Level, and what is behind the name of who needs it."""
    found = reach.finding(Need(thing, "namers[0] kind", "nothing binds"), environment)
    return found.level.value, found.seen.removeprefix("namers[0] kind: ")


def test_a_directory_and_a_file_that_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "hello"
    file.touch()
    assert look(Directory(str(tmp_path))) == ("ok", f"{tmp_path} has 1 entries")
    assert look(File(str(file))) == ("ok", f"{file} can be read")


@pytest.mark.parametrize("thing", [Directory("/nowhere"), File("/nowhere")])
def test_what_is_not_there_cannot_be_read(thing: Thing) -> None:
    assert look(thing) == (
        "problem",
        "/nowhere cannot be read: No such file or directory, so nothing binds",
    )


def test_what_is_not_vital_is_a_warning() -> None:
    need = Need(File("/nowhere"), "telemetry[0]", "spans are lost", vital=False)
    assert reach.finding(need, {}).level is Level.WARNING


def test_a_variable_may_stand_in_for_another() -> None:
    both = Variable(("NODE_NAME", "POD_IP"), "spec.nodeName")
    assert look(both, POD_IP="10.1.0.1") == ("ok", "POD_IP is 10.1.0.1")
    assert look(both) == ("problem", "neither NODE_NAME nor POD_IP is set, so nothing binds")
    assert look(Variable(("NS",), "x")) == ("problem", "NS is not set, so nothing binds")


def test_kubernetes_is_asked_by_the_proxy_of_the_file() -> None:
    with served(Answers({"/version": {"gitVersion": "v1.37.0"}})) as port:
        assert look(Kubernetes("localhost", port)) == (
            "ok",
            f"Kubernetes v1.37.0 answers at http://localhost:{port}",
        )
    level, seen = look(Kubernetes("localhost", port), HOME="/nowhere")
    assert level == "problem"
    assert seen.startswith(f"the API server at http://localhost:{port} does not answer: ")


def test_a_page_is_asked_with_its_headers() -> None:
    with served(Answers({"/v1/status/leader": {}})) as port:
        url = f"http://{HERE}:{port}/v1/status/leader"
        assert look(Page(url, {"X-Consul-Token": "t"})) == ("ok", f"{url} answers")
        other = f"http://{HERE}:{port}/other"
        assert look(Page(other)) == ("problem", f"{other} answers 403, so nothing binds")
    level, seen = look(Page(url))
    assert level == "problem"
    assert seen.startswith(f"{url} does not answer: ")


def test_one_server_of_several_is_enough() -> None:
    with socket.create_server((HERE, 0)) as listener:
        up, down = Address(HERE, listener.getsockname()[1]), Address(HERE, unused_port())
        assert look(Server((down, up))) == ("ok", f"{up} accepts connections")
    assert look(Server((down,))) == ("problem", f"nothing answers at {down}, so nothing binds")


@pytest.fixture
def dns_server() -> Iterator[Address]:
    """Answers one question, with nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind((HERE, 0))

        def answer() -> None:
            question, peer = server.recvfrom(4096)
            server.sendto(
                dns.message.make_response(dns.message.from_wire(question)).to_wire(), peer
            )

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield Address(HERE, server.getsockname()[1])
        thread.join()


def test_a_dns_server_that_has_nothing_to_say_answers(dns_server: Address) -> None:
    assert look(DnsServer(dns_server)) == ("ok", f"the DNS server {dns_server} answers")


def test_a_dns_server_that_is_silent_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "SECONDS", 0.05)
    level, seen = look(DnsServer(Address(HERE, unused_port())))
    assert level == "problem"
    assert "does not answer" in seen

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.check.cluster import Answers, served
from tests.mesh.relay.collector import unused_port

from clew.check import ports
from clew.check.finding import Level, problem, warning
from clew.mesh.naming.bound import Address

HERE = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((HERE, 0)) as listener:
        yield listener.getsockname()[1]


def program(*numbers: int, greeting: int = 1) -> ports.Program:
    places = [(f"router {n}", Address(HERE, number)) for n, number in enumerate(numbers)]
    return ports.Program("the mesh", places, f"http://{HERE}:{greeting}/admin/ping")


def test_free_ports_are_told_together() -> None:
    one, other = unused_port(), unused_port()
    (found,) = ports.findings(program(one, other), problem)
    assert (found.level, found.seen) == (
        Level.OK,
        f"free for the mesh: {HERE}:{one}, {HERE}:{other}",
    )


@pytest.mark.parametrize("made", [problem, warning])
def test_of_a_port_in_use_the_holder_is_told(
    taken: int, made: ports.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "holder", lambda port: f"nginx (process {port})")
    free = unused_port()
    wrong, well = ports.findings(program(taken, free, greeting=unused_port()), made)
    assert wrong.level is made("", "", "").level
    assert wrong.seen == f"{HERE}:{taken} (router 0) is in use by nginx (process {taken})"
    assert well.seen == f"free for the mesh: {HERE}:{free}"


def test_a_holder_that_may_not_be_seen_is_a_program(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "holder", lambda port: "")
    (wrong,) = ports.findings(program(taken, greeting=unused_port()), problem)
    assert wrong.seen.endswith("is in use by a program whose process may not be seen")


def test_a_program_that_answers_runs_already() -> None:
    with served(Answers({"/admin/ping": {}})) as port:
        (found,) = ports.findings(program(port, unused_port(), greeting=port), problem)
    assert (found.level, found.seen) == (
        Level.OK,
        f"the mesh runs already: http://{HERE}:{port}/admin/ping answers",
    )


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    elsewhere = ports.Program("the mesh", [("admin", Address("192.0.2.1", 9990))], "http://x/")
    (wrong,) = ports.findings(elsewhere, problem)
    assert wrong.level is Level.PROBLEM
    assert wrong.seen.startswith("192.0.2.1:9990 (admin) cannot be listened on: ")

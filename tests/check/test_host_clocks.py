from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.check.spans import client, reported, server

from clew.check import host_clocks
from clew.check.finding import Level
from clew.span.model import Span

A, B, C, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"


def calls(
    near: str, far: str, ahead: Mapping[str, int], count: int = 5, lasts: int = 6_000
) -> list[list[Span]]:
    """Of 10 ms, by hosts whose clocks are ahead by so many ms."""
    return [
        [
            client("web", "1", ip=near, trace=f"{n:032x}", at=10**9 + ahead.get(near, 0) * 1000),
            server(
                "api",
                "2",
                "1",
                ip=far,
                trace=f"{n:032x}",
                at=10**9 + 2_000 + ahead.get(far, 0) * 1000,
                lasts=lasts,
            ),
        ]
        for n in range(1, count + 1)
    ]


def seen(traces: list[list[Span]]) -> list[str]:
    return [each.seen for each in host_clocks.findings(reported(traces))]


@pytest.mark.parametrize("apart", [0, 2, -2])
def test_what_the_network_can_explain_is_no_wrong_clock(apart: int) -> None:
    assert seen(calls(A, B, {B: apart})) == []


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        ({B: 120}, "the clock of 10.0.0.1 is 120 ms behind that of 10.0.0.2, by 5 calls"),
        ({A: 2000}, "the clock of 10.0.0.1 is 2,000 ms ahead of that of 10.0.0.2, by 5 calls"),
    ],
)
def test_of_two_hosts_either_may_be_wrong(ahead: dict[str, int], said: str) -> None:
    assert seen(calls(A, B, ahead)) == [said]


def test_of_several_hosts_the_one_that_is_apart_from_most_is_named() -> None:
    ahead = {C: -80}
    traces = [*calls(A, B, ahead), *calls(B, C, ahead), *calls(C, D, ahead)]
    assert seen(traces) == ["the clock of 10.0.0.3 is 80 ms behind those of 3 others, by 10 calls"]


def test_a_minute_is_a_problem_and_a_trace_shows_it() -> None:
    (found,) = host_clocks.findings(reported(calls(A, B, {B: 61_000})))
    assert found.level is Level.PROBLEM
    assert found.trace == f"{3:032x}"


def test_few_calls_and_calls_that_outlast_their_client_say_nothing() -> None:
    assert seen(calls(A, B, {B: 500}, count=4)) == []
    assert seen(calls(A, B, {B: 500}, lasts=11_000)) == []


def test_one_host_and_loopback_have_one_clock() -> None:
    assert seen(calls(A, A, {})) == []
    assert seen(calls("127.0.0.1", "127.0.0.2", {"127.0.0.2": 500})) == []


def test_a_host_that_does_not_name_itself_is_known_by_the_other_side() -> None:
    traces = [
        [
            client("out", "1", trace=f"{n:032x}", remote_ip=B),
            server("in", "2", "1", trace=f"{n:032x}", remote_ip=A, at=1_500_000, lasts=10_000),
        ]
        for n in range(1, 6)
    ]
    assert seen(traces) == ["the clock of 10.0.0.1 is 500 ms behind that of 10.0.0.2, by 5 calls"]

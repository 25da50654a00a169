from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.serve.latencies import LEAST_SPEED, Latencies
from clew.mesh.xds.latency_log import Seen

DECAY = 10.0


def followed() -> Latencies:
    latencies = Latencies()
    latencies.follow({"a": DECAY})
    return latencies


def see(latencies: Latencies, now: float, **milliseconds: float) -> None:
    for endpoint, taken in milliseconds.items():
        latencies.observe(Seen("a", endpoint, taken / 1000), now)


@pytest.mark.parametrize(
    ("slow_ms", "speed"),
    [
        pytest.param(22, None, id="about as fast"),
        pytest.param(28.3, 1 / 2, id="half as much for 1.4 times the time"),
        pytest.param(40, 1 / 4, id="a quarter for twice the time"),
        pytest.param(200, LEAST_SPEED, id="a hundredth for ten times the time"),
        pytest.param(60_000, LEAST_SPEED, id="never less"),
    ],
)
def test_an_endpoint_gets_less_by_the_square_of_its_latency(
    slow_ms: float, speed: float | None
) -> None:
    latencies = followed()
    see(latencies, 0, fast=20, slow=slow_ms)
    expected = {} if speed is None else {"a": {"slow": pytest.approx(speed)}}
    assert latencies.speeds(0) == expected


def test_one_endpoint_alone_has_nothing_to_be_compared_with() -> None:
    latencies = followed()
    see(latencies, 0, only=20)
    assert latencies.speeds(0) == {}


def test_an_endpoint_that_becomes_slow_is_left_within_a_few_attempts() -> None:
    latencies = followed()
    for moment in range(1000):
        see(latencies, moment / 10, fast=20, other=20)
    assert latencies.speeds(100) == {}
    for moment in range(10):
        see(latencies, 100 + moment / 10, fast=20, other=200)
    assert latencies.speeds(101)["a"]["other"] <= 1 / 4


def test_one_that_recovers_gets_its_share_back() -> None:
    latencies = followed()
    see(latencies, 0, fast=20, slow=200)
    assert latencies.speeds(0)["a"] == {"slow": LEAST_SPEED}
    for moment in itertools.count(1):
        see(latencies, moment, fast=20)
        if moment % 7 == 0:  # what a hundredth of the requests amounts to
            see(latencies, moment, slow=20)
        if latencies.speeds(moment) == {}:
            break
    assert moment <= 60


def test_one_that_nobody_asks_is_new_again_after_some_decay() -> None:
    latencies = followed()
    see(latencies, 0, fast=20, slow=200)
    see(latencies, 20, fast=20)
    assert latencies.speeds(20)["a"] == {"slow": LEAST_SPEED}
    see(latencies, 25, fast=20)
    assert latencies.speeds(25) == {}


def test_jitter_about_a_step_changes_nothing() -> None:
    latencies = followed()
    see(latencies, 0, fast=20, slow=40)
    for moment in range(1, 200):
        see(latencies, moment, fast=20, slow=36 if moment % 2 else 44)
        assert latencies.speeds(moment) == {"a": {"slow": 0.25}}


def test_clusters_that_are_not_followed_cost_nothing_and_new_settings_begin_anew() -> None:
    latencies = followed()
    latencies.observe(Seen("b", "x", 1.0), 0)
    see(latencies, 0, fast=20, slow=200)
    latencies.follow({"a": DECAY})
    assert latencies.speeds(0) == {"a": {"slow": LEAST_SPEED}}
    latencies.follow({"a": 1.0})
    assert latencies.speeds(0) == {}
    latencies.follow({})
    see(latencies, 0, fast=20, slow=200)
    assert latencies.speeds(0) == {}


moments = st.lists(
    st.tuples(st.sampled_from("xyz"), st.floats(0, 1e4), st.floats(0, 100)), max_size=50
)


@given(moments)
def test_whatever_comes_a_speed_is_a_share_and_the_fastest_keeps_all(
    seen: Iterable[tuple[str, float, float]],
) -> None:
    latencies = followed()
    now = 0.0
    endpoints = set()
    for endpoint, seconds, later in seen:
        now += later
        endpoints.add(endpoint)
        latencies.observe(Seen("a", endpoint, seconds), now)
        for speeds in latencies.speeds(now).values():
            assert all(LEAST_SPEED <= speed < 1 for speed in speeds.values())
            assert len(speeds) < len(endpoints)

from __future__ import annotations

import pytest

from clew.mesh.envoy.backoff import Backoff


@pytest.mark.parametrize(
    ("lives", "delays"),
    [
        pytest.param([1000], [0.1], id="the first end costs nearly nothing"),
        pytest.param([0] * 4, [0.1, 0.2, 0.4, 0.8], id="short lives double it"),
        pytest.param([0] * 9, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10], id="up to ten seconds"),
        pytest.param([0, 0, 29.9, 30, 0], [0.1, 0.2, 0.4, 0.1, 0.2], id="30 s of health reset it"),
    ],
)
def test_the_delay_depends_on_how_long_each_life_was(
    lives: list[float], delays: list[float]
) -> None:
    backoff = Backoff()
    assert [backoff.delay_after(lived) for lived in lives] == pytest.approx(delays)

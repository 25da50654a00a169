from __future__ import annotations

import pytest

from clew.mesh.relay.retry import Retry

RETRY = Retry(first=0.2, longest=10.0)


@pytest.mark.parametrize(
    ("tries", "chance", "asked_for", "seconds"),
    [
        pytest.param(1, 0.0, None, 0.2, id="the first wait is the shortest"),
        pytest.param(2, 0.0, None, 0.4, id="the second is twice that"),
        pytest.param(5, 0.0, None, 3.2, id="and so on"),
        pytest.param(9, 0.0, None, 10.0, id="up to the longest"),
        pytest.param(10**6, 0.0, None, 10.0, id="for ever"),
        pytest.param(2, 0.5, None, 0.3, id="chance shortens a wait, so that nodes spread out"),
        pytest.param(1, 0.0, 3.0, 3.0, id="what the collector asks for is kept"),
        pytest.param(1, 0.5, 3.0, 3.1, id="and never cut short"),
        pytest.param(1, 0.0, 86400.0, 10.0, id="but it cannot silence a node for a day"),
        pytest.param(1, 0.0, 0.0, 0.2, id="nor make it spin"),
    ],
)
def test_waits(tries: int, chance: float, asked_for: float | None, seconds: float) -> None:
    assert RETRY.wait(tries, chance, asked_for) == pytest.approx(seconds)

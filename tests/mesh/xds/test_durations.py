from __future__ import annotations

import pytest

from clew.mesh.xds.durations import millis, words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0.seconds"),
        (1, "1.millisecond"),
        (600, "600.milliseconds"),
        (1000, "1.second"),
        (1500, "1.second+500.milliseconds"),
        (10_000, "10.seconds"),
        (3_661_000, "1.hour+1.minute+1.second"),
    ],
)
def test_times_are_written_as_finagle_writes_them(count: int, text: str) -> None:
    assert words(count) == text


def test_milliseconds_are_kept_in_a_duration() -> None:
    assert millis(1234).ToMilliseconds() == 1234

from __future__ import annotations

import pytest

from clew.mesh.config.roll_policy import Every, MaxSize, RollPolicy, is_roll_policy, roll_policy


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("never", None),
        ("hourly", Every("hour")),
        ("daily", Every("day")),
        ("weekly(1)", Every("week", 1)),
        ("weekly(7)", Every("week", 7)),
        ("10.bytes", MaxSize(10)),
        ("1.byte", MaxSize(1)),
        ("3.kilobytes", MaxSize(3 * 1024)),
        ("3.megabytes", MaxSize(3 * 1024**2)),
        ("1.gigabyte", MaxSize(1024**3)),
    ],
)
def test_what_a_policy_says(text: str, policy: RollPolicy) -> None:
    assert is_roll_policy(text)
    assert roll_policy(text) == policy


@pytest.mark.parametrize(
    "text", ["", "Daily", "weekly", "weekly(0)", "weekly(8)", "0.bytes", "3mb"]
)
def test_what_says_nothing(text: str) -> None:
    assert not is_roll_policy(text)

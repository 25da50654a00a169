from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clew.check import clock
from clew.check.finding import Level

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "level", "seen"),
    [
        ("Thu, 01 Jan 2026 12:00:00 GMT", Level.OK, "agree on the time"),
        ("Thu, 01 Jan 2026 11:59:58 GMT", Level.OK, "agree on the time"),
        ("Thu, 01 Jan 2026 12:00:02 GMT", Level.OK, "agree on the time"),
        ("Thu, 01 Jan 2026 12:00:09 GMT", Level.WARNING, "9 s ahead of this machine"),
        ("Thu, 01 Jan 2026 11:59:50 GMT", Level.WARNING, "9 s behind this machine"),
        ("Thu, 01 Jan 2026 13:00:00 GMT", Level.PROBLEM, "3600 s ahead of this machine"),
        ("Thu, 01 Jan 2026 12:00:00 -0000", Level.OK, "agree on the time"),
        ("", Level.WARNING, "does not say its time"),
        ("soon", Level.WARNING, "does not say its time"),
    ],
)
def test_the_part_of_a_second_that_the_header_drops_is_not_held_against_it(
    date: str, level: Level, seen: str
) -> None:
    found = clock.finding(date, NOON, NOON)
    assert (found.level, seen in found.seen) == (level, True), found


def test_a_slow_answer_is_no_skew() -> None:
    found = clock.finding("Thu, 01 Jan 2026 12:00:00 GMT", NOON, NOON + timedelta(seconds=5))
    assert found.level is Level.OK

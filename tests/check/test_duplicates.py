from __future__ import annotations

import msgspec
import pytest
from tests.check.spans import client, reported, server

from clew.check import duplicates
from clew.span.model import Span

ONE = server("api", "2", "1")
AGAIN = server("api", "2", "1", lasts=9_000)
PART = msgspec.structs.replace(AGAIN, duration=None)


@pytest.mark.parametrize(
    "trace",
    [
        [ONE],
        [ONE, PART],
        [client("api", "2", "1"), ONE],
        [server("api", "2", "1", shared=True), ONE],
        [ONE, server("other", "2", "1")],
        [ONE, server("api", "3", "1")],
    ],
)
def test_what_is_said_once_by_each_side_is_no_duplicate(trace: list[Span]) -> None:
    assert list(duplicates.findings(reported([trace]))) == []


def test_two_reports_of_one_side_are_told_by_service() -> None:
    (found,) = duplicates.findings(reported([[ONE, AGAIN, client("web", "1")]]))
    assert found.seen == ("1 of 2 spans of api are reported twice, with different content (50%)")
    assert found.trace == ONE.trace_id


def test_one_in_two_hundred_was_sent_again() -> None:
    many = [server("api", f"{n:x}", "1") for n in range(3, 203)]
    assert list(duplicates.findings(reported([[ONE, AGAIN, *many]]))) == []

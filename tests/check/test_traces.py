from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.check.cluster import Answers, Document, served

from clew.check import traces

SPAN = {"traceId": "a" * 32, "id": "a" * 16}


def ends(found: list[Document]) -> list[int | None]:
    """Up to when traces were asked for, in milliseconds; None for now."""
    answers = Answers({"/api/v2/traces": found})
    with served(answers) as port:
        traces.recent(f"http://127.0.0.1:{port}/")
    queries = [parse_qs(urlsplit(each).query) for each in answers.asked]
    return [int(query["endTs"][0]) if "endTs" in query else None for query in queries]


def test_traces_that_may_still_grow_are_left_out() -> None:
    (end,) = ends([[SPAN]])
    assert end == pytest.approx(time.time() * 1000 - traces.SETTLED_MS, abs=60_000)


def test_unless_there_are_no_others() -> None:
    first, second = ends([])
    assert first is not None
    assert second is None

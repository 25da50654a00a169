"""What a search asks for, without a store."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import CLIENT_SPAN, DAY, TODAY, at, changed, span, trace

from clew.span.model import Span
from clew.trace.query import (
    InvalidQuery,
    TraceQuery,
    read_annotation_query,
    trace_duration,
    trace_time,
)


def query(**conditions: Any) -> TraceQuery:
    window = {"end_ts_ms": TODAY + DAY, "lookback_ms": DAY, "limit": 10}
    return TraceQuery(**(window | conditions))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (None, {}),
        ("", {}),
        ("error", {"error": ""}),
        ("error=", {"error": ""}),
        ("error and http.method=GET", {"error": "", "http.method": "GET"}),
        (" a = 1  and  b ", {"a": "1", "b": ""}),
        ("a AND b", {"a AND b": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("sql=select a and b", {"sql": "select a", "b": ""}),
        pytest.param("a=1 and a=2", {"a": "2"}, id="the last value counts"),
        pytest.param("a=1 and a", {"a": "1"}, id="a value beats none"),
        pytest.param("a and a=1", {"a": "1"}, id="a value beats none, in any order"),
        ("=v", {"": "v"}),
    ],
)
def test_annotation_query(text: str | None, terms: dict[str, str]) -> None:
    assert read_annotation_query(text) == terms


def test_an_annotation_query_has_at_most_a_hundred_terms() -> None:
    terms = read_annotation_query(" and ".join(f"k{i}" for i in range(101)))
    assert len(terms) == 100
    assert list(terms)[-1] == "k99 and k100"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], None, id="no span"),
        pytest.param([span("1", "1")], None, id="no time"),
        pytest.param([span("1", "1", timestamp=5)], 5, id="the root"),
        pytest.param(
            [span("1", "2", parent_id="1", timestamp=3), span("1", "1", timestamp=5)],
            5,
            id="the root, although another began before",
        ),
        pytest.param(
            [span("1", "1"), span("1", "2", parent_id="1", timestamp=3)],
            3,
            id="the earliest, when the root has no time",
        ),
        pytest.param(
            [span("1", "1", timestamp=7), span("1", "2", timestamp=5)], 5, id="the earliest root"
        ),
    ],
)
def test_trace_time(spans: list[Span], expected: int | None) -> None:
    assert trace_time(spans) == expected


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], 0, id="no span"),
        pytest.param([span("1", "1", duration=7)], 0, id="no time"),
        pytest.param(trace(), 350_000, id="the root's"),
        pytest.param(trace()[1:], 200_000, id="first to last, without a root"),
        pytest.param(
            [span("1", "1", timestamp=5), span("1", "2", parent_id="1", timestamp=3, duration=9)],
            9,
            id="first to last, when the root has none",
        ),
        pytest.param(
            [span("1", "1", timestamp=5, duration=3), span("1", "2", timestamp=5, duration=4)],
            4,
            id="the longest of roots that begin together",
        ),
        pytest.param(
            [span("1", "1", timestamp=5, duration=3), span("1", "2", timestamp=6, duration=4)],
            3,
            id="the earliest root's",
        ),
    ],
)
def test_trace_duration(spans: list[Span], expected: int) -> None:
    assert trace_duration(spans) == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param({}, True, id="no condition"),
        pytest.param({"service": "frontend"}, True, id="service"),
        pytest.param({"service": "db"}, False, id="a service that is only remote"),
        pytest.param({"service": "backend", "span_name": "query"}, True, id="its span"),
        pytest.param({"service": "frontend", "span_name": "query"}, False, id="another's span"),
        pytest.param({"terms": {"error": ""}}, True, id="a tag's key"),
        pytest.param({"terms": {"foo": ""}}, True, id="an annotation"),
        pytest.param({"terms": {"foo": "", "error": ""}}, True, id="met by two spans"),
        pytest.param({"service": "frontend", "terms": {"error": ""}}, False, id="out of scope"),
        pytest.param({"terms": {"http.path": "/api"}}, True, id="a tag's value"),
        pytest.param({"terms": {"http.path": "/"}}, False, id="another value"),
        pytest.param({"terms": {"": "/api"}}, False, id="no key"),
        pytest.param({"min_duration": 350_000}, True, id="the longest"),
        pytest.param({"min_duration": 350_001}, False, id="longer"),
        pytest.param({"min_duration": 200_001, "max_duration": 349_999}, False, id="between"),
        pytest.param({"end_ts_ms": TODAY + 1}, True, id="ends with the root"),
        pytest.param({"end_ts_ms": TODAY}, False, id="ends before the root"),
        pytest.param({"end_ts_ms": TODAY + 1001, "lookback_ms": 1000}, True, id="begins with it"),
        pytest.param({"end_ts_ms": TODAY + 1002, "lookback_ms": 1000}, False, id="begins after it"),
    ],
)
def test_matches(conditions: dict[str, Any], expected: bool) -> None:
    assert query(**conditions).matches(trace()) is expected


def test_a_trace_without_a_time_never_matches() -> None:
    assert not query().matches([changed(CLIENT_SPAN, timestamp=None)])
    assert not query().matches([])


def test_microseconds_count_at_the_end() -> None:
    late = [changed(CLIENT_SPAN, timestamp=at(1.001))]
    assert not query(end_ts_ms=TODAY + 1).matches(late)
    assert query(end_ts_ms=TODAY + 2).matches(late)


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ({"end_ts_ms": 0}, "endTs <= 0"),
        ({"lookback_ms": 0}, "lookback <= 0"),
        ({"limit": 0}, "limit <= 0"),
        ({"min_duration": 0}, "minDuration <= 0"),
        ({"max_duration": 1}, "maxDuration is only valid with minDuration"),
        ({"min_duration": 2, "max_duration": 1}, "maxDuration < minDuration"),
    ],
)
def test_senseless_conditions(conditions: dict[str, int], text: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        query(**conditions)
    assert str(refused.value) == text

from __future__ import annotations

from tests.check.spans import client, reported, server

from clew.check import sides
from clew.span.model import Span


def found(*traces: list[Span]) -> list[tuple[str, str, str]]:
    return [(each.level.value, each.seen, each.trace) for each in sides.findings(reported(traces))]


def call(trace: str) -> list[Span]:
    return [
        client("web", "1", trace=trace, remote="api"),
        server("api", "2", "1", trace=trace),
    ]


def test_whole_calls_say_nothing() -> None:
    assert found(call("a" * 32), [server("web", "1")]) == []


def test_instances_that_do_not_report_are_told_by_share() -> None:
    assert found(call("a" * 32), call("b" * 32)[:1]) == [
        ("warning", "1 of 2 calls of web to api have no span of api (50%)", "b" * 32)
    ]


def test_a_call_that_failed_may_have_no_other_side() -> None:
    failed = client("web", "1", trace="b" * 32, remote="api", tags={"error": ""})
    assert found(call("a" * 32), [failed]) == []


def test_a_call_in_two_hundred_is_under_way() -> None:
    traces = [call(f"{n:032x}") for n in range(1, 200)]
    assert found(*traces, call("b" * 32)[:1]) == []


def test_who_never_reports_is_named_once() -> None:
    asked = [client("api", "1", remote=name) for name in "abcdefg"]
    assert found(asked, [client("api", "1", remote="g")]) == [
        (
            "ok",
            "no spans came from g, a, b, c, d and 2 others: only their callers tell of them",
            "",
        )
    ]


def test_a_server_right_below_another_service_has_no_client() -> None:
    ((level, seen, _),) = found([server("web", "1"), server("api", "2", "1")])
    assert (level, seen) == ("warning", "1 calls of web to api have no client span of web")
    assert found([server("web", "1"), server("web", "2", "1")]) == []

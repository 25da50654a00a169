from __future__ import annotations

from tests.check.spans import reported

from clew.check import context
from clew.check.finding import Finding, Level
from clew.span.model import Endpoint, Kind, Micros, Span

HELLO, OTHER = "10.1.0.1", "10.1.0.9"


def client(trace: str, ip: str, begin: int, end: int, service: str = "#/k8s/hello") -> Span:
    """From an incoming router to an app."""
    return Span(
        trace_id=trace,
        id="c".rjust(16, "0"),
        parent_id="a".rjust(16, "0"),
        kind=Kind.CLIENT,
        timestamp=Micros(begin),
        duration=Micros(end - begin),
        local_endpoint=Endpoint(service_name=service),
        remote_endpoint=Endpoint(ipv4=ip, port=7777),
    )


def server(trace: str, ip: str, begin: int, end: int, parent: str | None = None) -> Span:
    """At an outgoing router, called from ``ip``."""
    return Span(
        trace_id=trace,
        id="a".rjust(16, "0"),
        parent_id=parent and parent.rjust(16, "0"),
        kind=Kind.SERVER,
        timestamp=Micros(begin),
        duration=Micros(end - begin),
        local_endpoint=Endpoint(service_name="0.0.0.0/4140"),
        remote_endpoint=Endpoint(ipv4=ip),
    )


def found(*traces: list[Span]) -> list[Finding]:
    return list(context.findings(reported(traces)))


def test_a_request_that_begins_a_trace_while_another_is_served_is_a_lost_one() -> None:
    served = [server("1", OTHER, 100, 200), client("1", HELLO, 110, 190)]
    whole = [
        server("2", OTHER, 300, 400),
        client("2", HELLO, 310, 390),
        server("2", HELLO, 320, 380, parent="c"),
    ]
    (only,) = found(served, [server("3", HELLO, 120, 180)], whole)
    assert only.level is Level.PROBLEM
    assert only.seen == (
        "hello drops the trace: 1 of its 2 requests began a trace of their own while it served "
        "another"
    )
    assert only.trace == "3"
    assert "traceparent" in only.advice


def test_what_an_app_asks_between_requests_is_its_own() -> None:
    served = [server("1", OTHER, 100, 200), client("1", HELLO, 110, 190)]
    assert found(served, [server("3", HELLO, 185, 300)]) == []


def test_where_two_apps_share_an_address_nobody_is_blamed() -> None:
    both = [client("1", HELLO, 100, 200), client("1", HELLO, 100, 200, "#/k8s/world")]
    assert found([server("1", OTHER, 90, 210), *both], [server("3", HELLO, 120, 180)]) == []


def test_on_loopback_nobody_is_blamed() -> None:
    served = [server("1", "127.0.0.1", 90, 210), client("1", "127.0.0.1", 100, 200)]
    assert found(served, [server("3", "127.0.0.1", 120, 180)]) == []

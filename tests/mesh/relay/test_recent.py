from __future__ import annotations

import logging

import msgspec
import pytest

from clew.mesh.relay.recent import HEADINGS, RecentRequests
from clew.mesh.relay.span_log import SpanLog
from clew.span.json_v2 import encode
from clew.span.model import Kind, Micros, Span
from clew.span.normal import new_endpoint, new_span


def server(number: int, trace_id: str = "1") -> Span:
    return new_span(
        trace_id=trace_id,
        id=f"{number:x}",
        kind=Kind.SERVER,
        timestamp=number * 1_000_000,
        local_endpoint=new_endpoint(service_name="0.0.0.0/4140"),
        remote_endpoint=new_endpoint(ipv4="10.0.0.9", port=5000),
        tags={"router.label": "outgoing", "service": "/svc/web", "client": "/#/io.l5d.fs/web"},
    )


def client(parent: int, number: int, ip: str) -> Span:
    place = new_endpoint(ipv6=ip, port=80) if ":" in ip else new_endpoint(ipv4=ip, port=80)
    return new_span(
        trace_id="1",
        id=f"{number:x}",
        parent_id=f"{parent:x}",
        kind=Kind.CLIENT,
        remote_endpoint=place,
    )


def rows(recent: RecentRequests) -> list[dict[str, str]]:
    return [dict(zip(HEADINGS, row, strict=True)) for row in recent.rows()]


def test_a_request_is_shown_with_where_its_last_attempt_went() -> None:
    recent = RecentRequests(1.0, 10)
    for span in (client(5, 6, "10.0.0.1"), client(5, 7, "10.0.0.2"), server(5)):
        recent.see(span)
    assert rows(recent) == [
        {
            "Timestamp": "1970-01-01T00:00:05.000+00:00",
            "Source": "10.0.0.9:5000",
            "Server": "0.0.0.0/4140",
            "Router": "outgoing",
            "Logical Name": "/svc/web",
            "Concrete Name": "/#/io.l5d.fs/web",
            "Destination": "10.0.0.2:80",
        }
    ]


def test_a_request_tells_its_trace_and_how_it_ended() -> None:
    recent = RecentRequests(1.0, 10)
    recent.see(
        msgspec.structs.replace(
            server(5), duration=Micros(1200), tags={"error": "", "http.status_code": "503"}
        )
    )
    (seen,) = recent.requests()
    assert msgspec.to_builtins(seen) == {
        "traceId": "0000000000000001",
        "id": "0000000000000005",
        "timestamp": 5_000_000,
        "duration": 1200,
        "source": "10.0.0.9:5000",
        "server": "0.0.0.0/4140",
        "router": "",
        "name": "",
        "client": "",
        "destination": "",
        "status": "503",
        "error": True,
    }


def test_the_newest_come_first_and_the_oldest_are_forgotten() -> None:
    recent = RecentRequests(1.0, 2)
    for number in range(1, 100):
        recent.see(client(number, number + 1000, "::1"))
        recent.see(server(number))
    assert [row["Timestamp"][14:19] for row in rows(recent)] == ["01:39", "01:38"]
    assert rows(recent)[0]["Destination"] == "[::1]:80"


def test_what_lacks_something_has_empty_cells() -> None:
    recent = RecentRequests(1.0, 2)
    recent.see(new_span(trace_id="1", id="2", kind=Kind.SERVER))
    (row,) = rows(recent)
    assert set(row.values()) == {"1970-01-01T00:00:00.000+00:00", ""}


@pytest.mark.parametrize(("rate", "kept"), [(0.0, 0), (0.25, 1), (0.5, 2), (1.0, 4)])
def test_a_share_of_the_traces_is_kept(rate: float, kept: int) -> None:
    recent = RecentRequests(rate, 10)
    for quarter in range(4):
        recent.see(server(1, f"a{(quarter << 30) + 1:08x}"))
    assert len(rows(recent)) == kept


def test_spans_are_logged_as_json_at_their_level(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        SpanLog(1.0, "INFO").see(server(1))
        SpanLog(1.0, "TRACE").see(server(2))
        SpanLog(0.0, "INFO").see(server(3))
    (line,) = caplog.messages
    assert msgspec.json.decode(line) == msgspec.json.decode(encode(server(1)))

from __future__ import annotations

from typing import Any

from hypothesis import given
from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.strategies import spans

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_span
from clew.span.otlp import UNKNOWN_SERVICE, decode_list
from clew.span.otlp_writing import encode

TRACE = "463ac35c9f6413ad48485a3953bb6124"
LATE = 10**15
"""Microseconds, far from the last that OTLP can say."""


def spans_of(resource_spans: Any) -> Any:
    # the name that the field had when these definitions were published; its number has stayed
    return resource_spans.instrumentation_library_spans[0].spans


def test_the_published_definitions_read_what_is_written() -> None:
    calling = new_span(
        trace_id=TRACE,
        parent_id="1",
        id="2",
        kind=Kind.CLIENT,
        name="get /world",
        timestamp=1_700_000_000_000_001,
        duration=1_500,
        local_endpoint=Endpoint(service_name="hello", ipv4="10.1.2.3"),
        remote_endpoint=Endpoint(service_name="world", ipv4="10.1.2.4", port=7778),
        annotations=[Annotation(timestamp=Micros(1_700_000_000_000_002), value="tried again")],
        tags={"http.status": "503", "error": "connect"},
    )
    called = new_span(
        trace_id="2",
        id="2",
        kind=Kind.SERVER,
        local_endpoint=Endpoint(service_name="world"),
        remote_endpoint=Endpoint(ipv4="10.1.2.3", port=40404),
    )
    request = ExportTraceServiceRequest.FromString(encode([calling, called, calling]))
    hello, world = request.resource_spans
    assert [(a.key, a.value.string_value) for a in hello.resource.attributes] == [
        ("service.name", "hello")
    ]
    first, again = spans_of(hello)
    assert first == again
    assert (first.trace_id.hex(), first.span_id.hex(), first.parent_span_id.hex()) == (
        TRACE,
        "0000000000000002",
        "0000000000000001",
    )
    assert (first.name, first.kind) == ("get /world", first.SPAN_KIND_CLIENT)
    assert first.start_time_unix_nano == 1_700_000_000_000_001_000
    assert first.end_time_unix_nano == 1_700_000_000_001_501_000
    assert [(each.time_unix_nano, each.name) for each in first.events] == [
        (1_700_000_000_000_002_000, "tried again")
    ]
    assert (first.status.code, first.status.message) == (first.status.STATUS_CODE_ERROR, "connect")
    said = {a.key: a.value.string_value or a.value.int_value for a in first.attributes}
    assert said == {
        "http.status": "503",
        "network.peer.address": "10.1.2.4",
        "network.peer.port": 7778,
        "peer.service": "world",
    }
    (second,) = spans_of(world)
    assert (second.trace_id.hex(), second.parent_span_id) == (f"{2:032x}", b"")
    assert (second.kind, second.start_time_unix_nano) == (second.SPAN_KIND_SERVER, 0)
    said = {a.key: a.value.string_value or a.value.int_value for a in second.attributes}
    assert said == {"client.address": "10.1.2.3", "client.port": 40404}


def plausible(span: Span) -> Span:
    """With times that OTLP can say, and none of those that it has no word for."""
    annotations = {
        Annotation(timestamp=Micros(abs(each.timestamp) % LATE + 1), value=each.value)
        for each in span.annotations
    }
    return replace(
        span,
        parent_id=None if span.parent_id == span.id else span.parent_id,
        timestamp=(span.timestamp or 0) % LATE + 1,
        duration=(span.duration or 0) % LATE + 1,
        local_endpoint=Endpoint(service_name=span.service or UNKNOWN_SERVICE),
        annotations=tuple(sorted(annotations)),
    )


@given(spans().map(plausible))
def test_what_is_written_is_read_back(span: Span) -> None:
    (read,) = decode_list(encode([span]))
    back = replace(read, remote_endpoint=None, tags={})
    assert back == replace(span, remote_endpoint=None, tags={}, debug=False, shared=False)
    own = {key: value for key, value in span.tags.items() if key != "error"}
    assert own.items() <= read.tags.items()
    assert read.tags.get("error") == span.tags.get("error")


def test_services_come_in_the_order_of_their_first_spans() -> None:
    calls = [
        new_span(trace_id="1", id=id, local_endpoint=Endpoint(service_name=name))
        for id, name in (("1", "b"), ("2", "a"), ("3", "b"))
    ]
    assert [(span.service, span.id[-1]) for span in decode_list(encode(calls))] == [
        ("b", "1"),
        ("b", "3"),
        ("a", "2"),
    ]


def test_times_beyond_what_otlp_can_say_are_its_last() -> None:
    span = new_span(trace_id="1", id="1", timestamp=2**62, duration=2**62)
    request = ExportTraceServiceRequest.FromString(encode([span]))
    (written,) = spans_of(request.resource_spans[0])
    last = 2**64 - 1
    assert (written.start_time_unix_nano, written.end_time_unix_nano) == (last, last)

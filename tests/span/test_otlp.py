"""OTLP's requests as spans; what is asked of protobuf is asked of JSON too."""

from __future__ import annotations

import contextlib
import json
import math
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.span.otlp_writing import (
    END,
    SPAN,
    START,
    TRACE,
    any_value,
    as_json,
    as_protobuf,
    attribute,
    field,
    request,
    span,
)

from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.otlp import Export, decode, decode_json, decode_json_list, decode_list

OTHER_TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
UNKNOWN = Endpoint(service_name="unknown_service")


def exported(document: dict[str, Any]) -> Export:
    export = decode(as_protobuf(document))
    assert decode_json(as_json(document)) == export
    assert decode_list(as_protobuf(document)) == decode_json_list(as_json(document)) == export.spans
    return export


def only(document: dict[str, Any]) -> Span:
    (result,) = exported(document).spans
    return result


def of(**fields: Any) -> Span:
    return only(request(span(**fields)))


def with_attributes(kind: int = 0, **attributes: Any) -> Span:
    items = [attribute(key.replace("__", "."), value) for key, value in attributes.items()]
    return of(kind=kind, attributes=items)


INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(1, 6)

WHOLE = request(
    span(
        parentSpanId=PARENT,
        name="GET /hello",
        kind=CLIENT,
        traceState="vendor=1",
        startTimeUnixNano=str(START),
        endTimeUnixNano=str(END),
        attributes=[attribute("http.method", "GET"), attribute("server.address", "Hello")],
        droppedAttributesCount=1,
        events=[
            {"timeUnixNano": str(START + 1999), "name": "first byte"},
            {
                "timeUnixNano": str(START + 5000),
                "name": "exception",
                "attributes": [attribute("message", "no"), attribute("code", 7)],
                "droppedAttributesCount": 2,
            },
        ],
        droppedEventsCount=3,
        links=[
            {
                "traceId": OTHER_TRACE,
                "spanId": PARENT,
                "traceState": "a=b",
                "attributes": [attribute("why", "batch")],
                "droppedAttributesCount": 4,
            }
        ],
        droppedLinksCount=5,
        status={"code": 2, "message": "no route"},
    ),
    resource=[attribute("service.name", "Web"), attribute("host.name", "node-1")],
    scope={"name": "io.http", "version": "1.2", "attributes": [attribute("mode", "auto")]},
)
WHOLE_SPAN = Span(
    trace_id=TRACE,
    parent_id=PARENT,
    id=SPAN,
    kind=Kind.CLIENT,
    name="get /hello",
    timestamp=Micros(START // 1000),
    duration=Micros(2),
    local_endpoint=Endpoint(service_name="web"),
    remote_endpoint=Endpoint(service_name="hello"),
    annotations=(
        Annotation(timestamp=Micros(START // 1000 + 1), value="first byte"),
        Annotation(
            timestamp=Micros(START // 1000 + 5),
            value='"exception": {"message":"no","code":7,"otel.dropped_attributes_count":2}',
        ),
    ),
    tags={
        "error": "no route",
        "host.name": "node-1",
        "http.method": "GET",
        "mode": "auto",
        "otel.dropped_attributes_count": "1",
        "otel.dropped_events_count": "3",
        "otel.dropped_links_count": "5",
        "otel.library.name": "io.http",
        "otel.library.version": "1.2",
        "otel.scope.name": "io.http",
        "otel.scope.version": "1.2",
        "otel.status_code": "ERROR",
        "otlp.link.0": f'{OTHER_TRACE}|{PARENT}|a=b|{{"why":"batch"}}|4',
        "server.address": "Hello",
        "w3c.tracestate": "vendor=1",
    },
)


def test_every_field_keeps_its_meaning() -> None:
    assert exported(WHOLE) == Export([WHOLE_SPAN], 0, "")


def test_json_is_also_read_in_snake_case_with_plain_numbers_and_names_of_kinds() -> None:
    document = as_json(WHOLE).decode()
    document = re.sub(r'"(\w+)":', lambda match: f'"{_snake(match[1])}":', document)
    document = re.sub(r'"([0-9]+)"([,}])', r"\1\2", document)
    document = document.replace('"kind": 3', '"kind": "SPAN_KIND_CLIENT"')
    document = document.replace('"code": 2', '"code": "STATUS_CODE_ERROR"')
    assert "trace_id" in document
    assert decode_json(document.encode()) == Export([WHOLE_SPAN], 0, "")


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (0, None),
        (INTERNAL, None),
        (SERVER, Kind.SERVER),
        (CLIENT, Kind.CLIENT),
        (PRODUCER, Kind.PRODUCER),
        (CONSUMER, Kind.CONSUMER),
        (6, None),
    ],
)
def test_kinds(kind: int, expected: Kind | None) -> None:
    assert of(kind=kind).kind is expected


@pytest.mark.parametrize(
    ("start", "end", "timestamp", "duration"),
    [
        pytest.param(1_999, 3_999, 1, 2, id="to microseconds"),
        pytest.param(1_000, 3_001, 1, 3, id="what is begun counts"),
        pytest.param(1_000, 1_001, 1, 1, id="short is not nothing"),
        pytest.param(1_000, 1_000, 1, 1, id="nor is what took no time"),
        pytest.param(2_000, 1_000, 2, None, id="ended before it began"),
        pytest.param(2_000, 0, 2, None, id="no end"),
        pytest.param(0, 5_000, None, None, id="no start"),
        pytest.param(2**64 - 1, 2**64 - 1, (2**64 - 1) // 1000, 1, id="the last nanosecond"),
    ],
)
def test_times(start: int, end: int, timestamp: int | None, duration: int | None) -> None:
    result = of(startTimeUnixNano=str(start), endTimeUnixNano=str(end))
    assert (result.timestamp, result.duration) == (timestamp, duration)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("x" * 300, "x" * 300),
        ("gr\u00fc\u00df", "gr\u00fc\u00df"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (2**63 - 1, "9223372036854775807"),
        (1.5, "1.5"),
        (b"\0\xff", "AP8="),
        (None, ""),
        ([], "[]"),
        (["a", "b"], '["a","b"]'),
        ([1, 2.5, True, None], "[1,2.5,true,null]"),
        ({}, "{}"),
        ({"a": {"b": [b"x"]}, "\u00fc": 1}, '{"a":{"b":["eA=="]},"\u00fc":1}'),
    ],
)
def test_attribute_values(value: Any, text: str) -> None:
    assert with_attributes(key=value).tags == {"key": text}


@pytest.mark.parametrize("key", ["", "k", "k" * 60, "k" * 130])
@pytest.mark.parametrize("length", [0, 1, 60, 114, 118, 119, 120, 124, 127, 128, 300])
def test_texts_of_any_length_are_read(key: str, length: int) -> None:
    value = "v" * length
    assert only(request(span(attributes=[attribute(key, value)]))).tags == {key: value}


@pytest.mark.parametrize(
    ("number", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_numbers_that_are_none(number: float, text: str) -> None:
    (result,) = decode_list(as_protobuf(request(span(attributes=[attribute("key", number)]))))
    assert result.tags == {"key": text}
    written = {"key": "key", "value": {"doubleValue": text}}
    (result,) = decode_json_list(as_json(request(span(attributes=[written]))))
    assert result.tags == {"key": text}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"intValue": 7}, "7"),
        ({"intValue": 7.0}, "7"),
        ({"doubleValue": "1.5"}, "1.5"),
        ({"doubleValue": 2}, "2.0"),
        ({"bytesValue": "-_8"}, "+/8="),
        ({"stringValue": None}, ""),
        ({"string_value": "x"}, "x"),
        ({"somethingNew": 1}, ""),
        (None, ""),
    ],
)
def test_values_as_json_may_have_them(value: Any, text: str) -> None:
    document = request(span(attributes=[{"key": "key", "value": value}]))
    assert decode_json_list(as_json(document))[0].tags == {"key": text}


def test_the_spans_attributes_win_over_the_scopes_and_those_over_the_resources() -> None:
    result = only(
        request(
            span(attributes=[attribute("a", "span")]),
            resource=[attribute(key, "resource") for key in "abc"],
            scope={"attributes": [attribute(key, "scope") for key in "ab"]},
        )
    )
    assert result.tags == {"a": "span", "b": "scope", "c": "resource"}


def test_a_resource_without_a_name_is_an_unknown_service() -> None:
    assert of().local_endpoint == UNKNOWN
    assert only(request(span(), resource=[attribute("service.name", "")])).local_endpoint == UNKNOWN


@pytest.mark.parametrize(
    ("status", "attributes", "tags"),
    [
        ({}, {}, {}),
        ({"code": 0, "message": "x"}, {}, {}),
        ({"code": 1, "message": "x"}, {}, {"otel.status_code": "OK"}),
        ({"code": 2}, {}, {"otel.status_code": "ERROR", "error": ""}),
        ({"code": 2, "message": "x"}, {"error": "y"}, {"otel.status_code": "ERROR", "error": "x"}),
        ({"code": 2}, {"error": "y"}, {"otel.status_code": "ERROR", "error": "y"}),
        ({"code": 2}, {"error": False}, {"otel.status_code": "ERROR", "error": ""}),
        ({"code": 9}, {}, {}),
        ({}, {"error": False}, {}),
        ({}, {"error": "false"}, {}),
        ({}, {"error": True}, {"error": "true"}),
    ],
)
def test_status(status: dict[str, Any], attributes: dict[str, Any], tags: dict[str, str]) -> None:
    items = [attribute(key, value) for key, value in attributes.items()]
    assert of(status=status, attributes=items).tags == tags


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        pytest.param(
            CLIENT,
            {"server__address": "db.host", "server__port": 5432, "peer__service": "orders"},
            Endpoint(service_name="orders"),
            id="peer.service comes first",
        ),
        pytest.param(
            CLIENT,
            {"server__address": "db.host", "server__port": 5432, "net__peer__name": "x"},
            Endpoint(service_name="db.host", port=5432),
            id="then server.address, with its port",
        ),
        pytest.param(
            CLIENT,
            {"net__peer__name": "x", "net__peer__port": "80", "network__peer__address": "1.2.3.4"},
            Endpoint(service_name="x", port=80),
            id="then its old name",
        ),
        pytest.param(
            CLIENT,
            {"network__peer__address": "1.2.3.4", "network__peer__port": 80},
            Endpoint(service_name="1.2.3.4", ipv4="1.2.3.4", port=80),
            id="an address is a name when there is no better one",
        ),
        pytest.param(
            PRODUCER,
            {"net__sock__peer__addr": "2001:DB8::1", "net__sock__peer__port": 1},
            Endpoint(service_name="2001:db8::1", ipv6="2001:db8::1", port=1),
            id="a broker's",
        ),
        pytest.param(
            CONSUMER,
            {"server__address": "kafka"},
            Endpoint(service_name="kafka"),
            id="a consumer's is the broker too",
        ),
        pytest.param(
            CLIENT, {"db__name": "users"}, Endpoint(service_name="users"), id="last the database"
        ),
        pytest.param(
            CLIENT,
            {"server__address": "a", "server__port": 70000},
            Endpoint(service_name="a"),
            id="a port that is none",
        ),
        pytest.param(CLIENT, {"server__address": ""}, None, id="an empty name"),
        pytest.param(INTERNAL, {"peer__service": "x"}, None, id="internal work calls nobody"),
        pytest.param(
            SERVER, {"server__address": "me", "peer__service": "x"}, None, id="a server's own name"
        ),
        pytest.param(
            SERVER,
            {"client__address": "1.2.3.4", "client__port": 5, "network__peer__address": "9.9.9.9"},
            Endpoint(ipv4="1.2.3.4", port=5),
            id="a server's caller is an address",
        ),
        pytest.param(
            SERVER,
            {"client__address": "somebody", "network__peer__address": "::1"},
            Endpoint(ipv6="::1"),
            id="a caller's name is not one of a service",
        ),
    ],
)
def test_the_other_side(kind: int, attributes: dict[str, Any], expected: Endpoint | None) -> None:
    assert with_attributes(kind, **attributes).remote_endpoint == expected


def test_an_event_without_a_time_happened_when_the_span_began() -> None:
    result = of(startTimeUnixNano="5000", events=[{"name": "a"}])
    assert result.annotations == (Annotation(timestamp=Micros(5), value="a"),)


def test_an_events_name_and_attributes_may_hold_anything() -> None:
    result = of(
        events=[{"timeUnixNano": "1000", "name": 'a"b', "attributes": [attribute("k", [1])]}]
    )
    assert result.annotations[0].value == '"a\\"b": {"k":[1]}'


def test_an_id_whose_high_half_is_zero_is_short() -> None:
    assert of(traceId=SPAN.rjust(32, "0")).trace_id == SPAN
    assert of(parentSpanId="0" * 16).parent_id is None


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"traceId": ""}, "a trace id has 0 bytes, not 16"),
        ({"traceId": SPAN}, "a trace id has 8 bytes, not 16"),
        ({"traceId": "0" * 32}, "a trace id is all zeros"),
        ({"spanId": ""}, "a span id has 0 bytes, not 8"),
        ({"spanId": TRACE}, "a span id has 16 bytes, not 8"),
        ({"spanId": "0" * 16}, "a span id is all zeros"),
        ({"parentSpanId": "00"}, "a parent span id has 1 bytes, not 8"),
    ],
)
def test_a_span_whose_ids_are_none_rejects_itself_only(ids: dict[str, str], reason: str) -> None:
    export = exported(request(span(**ids), span(), span(**ids)))
    assert (len(export.spans), export.rejected, export.reason) == (1, 2, reason)


@pytest.mark.parametrize("name", ["traceId", "spanId", "parentSpanId"])
@pytest.mark.parametrize("text", ["x" * 16, "abc", "\u00fc" * 32])
def test_an_id_that_is_not_hexadecimal_rejects_its_span(name: str, text: str) -> None:
    export = decode_json(as_json(request(span(**{name: text}), span())))
    assert (len(export.spans), export.rejected) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"\x0a\x00", b"\x0a\x02\x12\x00", b"\x18\x05"])
def test_a_request_may_be_empty(body: bytes) -> None:
    assert decode(body) == Export([], 0, "")


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        '{"resourceSpans":null}',
        '{"resourceSpans":[{}]}',
        '{"resource_spans":[{"x":1}]}',
        "{} ",
    ],
)
def test_a_document_may_be_empty(document: str) -> None:
    assert decode_json(document.encode()) == Export([], 0, "")


@pytest.mark.parametrize(
    "body",
    [
        b"garbage",
        b"\x0a\x05",
        b"\x0a\x02\x12\x05",
        as_protobuf(WHOLE)[:-1],
        b"\x0a\x03\x0a\x05\x08",
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedSpans) as raised:
        decode(body)
    assert str(raised.value) == "Malformed reading ExportTraceServiceRequest from proto3"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Malformed"),
        ("{", "Malformed"),
        ('{"resourceSpans":' + "[" * 100_000, "Malformed"),
        ("[]", "Expected an object at $"),
        ('{"resourceSpans":{}}', "Expected a list at $.resourceSpans"),
        ('{"resourceSpans":[7]}', "Expected an object at $.resourceSpans[0]"),
        (as_json(request(span(name=5))), "Expected a text at {span}.name"),
        (as_json(request(span(kind=True))), "Expected a whole number at {span}.kind"),
        (as_json(request(span(kind="CLIENTS"))), "Expected a whole number at {span}.kind"),
        (
            as_json(request(span(startTimeUnixNano="-1"))),
            "Expected a whole number at {span}.startTimeUnixNano",
        ),
        (
            as_json(request(span(endTimeUnixNano=1.5))),
            "Expected a whole number at {span}.endTimeUnixNano",
        ),
        (
            as_json(request(span(attributes=[{"key": "a", "value": 5}]))),
            "Expected an object at {span}.attributes[0]",
        ),
        (
            as_json(request(span(attributes=[{"key": "a", "value": {"boolValue": 1}}]))),
            "Expected a boolean at {span}.attributes[0]",
        ),
        (
            as_json(request(span(attributes=[{"key": "a", "value": {"intValue": "x"}}]))),
            "Expected a whole number at {span}.attributes[0]",
        ),
        (
            as_json(request(span(attributes=[{"key": "a", "value": {"doubleValue": "x"}}]))),
            "Expected a number at {span}.attributes[0]",
        ),
        (
            as_json(request(span(attributes=[{"key": "a", "value": {"bytesValue": "a"}}]))),
            "Expected base64 at {span}.attributes[0]",
        ),
    ],
)
def test_json_that_is_no_request_is_refused_with_the_place(
    document: str | bytes, message: str
) -> None:
    body = document.encode() if isinstance(document, str) else document
    with pytest.raises(MalformedSpans) as raised:
        decode_json(body)
    place = "$.resourceSpans[0].scopeSpans[0].spans[0]"
    assert str(raised.value) == (
        f"{message.format(span=place)} reading ExportTraceServiceRequest from json"
    )


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return request(span(attributes=[attribute("deep", value)]))


def test_attributes_nest_only_so_deep() -> None:
    assert only(nested(30)).tags["deep"].count("a") == 15
    for levels in (40, 90):
        for read, body in (
            (decode, as_protobuf(nested(levels))),
            (decode_json, as_json(nested(levels))),
        ):
            with pytest.raises(MalformedSpans, match="An attribute nests deeper than 32 levels"):
                read(body)


def test_a_short_request_may_not_be_long_when_it_is_stored() -> None:
    # a resource's attributes are stored with each of its spans
    resource = [attribute("long", "x" * 1_000_000)]
    assert len(exported(request(*[span()] * 60, resource=resource)).spans) == 60
    with pytest.raises(MalformedSpans, match="The attributes of resources are too long"):
        decode(as_protobuf(request(*[span()] * 70, resource=resource)))


def test_text_that_is_not_utf_8_is_replaced() -> None:
    body = as_protobuf(request(span(name="a@b", attributes=[attribute("k@", "v@")])))
    (result,) = decode_list(body.replace(b"@", b"\xff"))
    assert (result.name, result.tags) == ("a�b", {"k�": "v�"})


# protobuf's own memory is not Python's, so the whole process is measured
_MEASURE = """
import resource, sys
from clew.span.otlp import decode
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode(body)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param([1, 2, 2], id="spans"),
        pytest.param([1, 2, 2, 11], id="events"),
        pytest.param([1, 2, 2, 9], id="attributes"),
    ],
)
def test_empty_messages_take_little_memory(path: list[int]) -> None:
    body = field(path[-1], b"") * (1 << 19)
    for number in reversed(path[:-1]):
        body = field(number, body)
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE], input=body, capture_output=True, check=True
    )
    assert int(measured.stdout) < 40 * len(body)  # messages would take more than 70


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.text(max_size=3), values), max_size=4))
def test_protobuf_and_json_mean_the_same(attributes: list[tuple[str, Any]]) -> None:
    items = [{"key": key, "value": any_value(value)} for key, value in attributes]
    document = request(
        span(attributes=items, events=[{"name": "e", "attributes": items}]), resource=items
    )
    exported(json.loads(json.dumps(document)))


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    for read in (decode, decode_json):
        with contextlib.suppress(MalformedSpans):
            read(body)


@settings(max_examples=300)
@given(st.integers(0, len(as_protobuf(WHOLE)) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_request_is_read_or_refused(at: int, damage: bytes) -> None:
    for read, body in ((decode, as_protobuf(WHOLE)), (decode_json, as_json(WHOLE))):
        with contextlib.suppress(MalformedSpans):
            read(body[:at] + damage + body[at + len(damage) :])


shapes: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=300)
@given(st.data())
def test_a_field_of_any_shape_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(as_json(WHOLE))
    objects: list[dict[str, Any]] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            objects.append(value)
        for item in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            collect(item)

    collect(document)
    inner = data.draw(st.sampled_from([item for item in objects if item]))
    inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(shapes)
    with contextlib.suppress(MalformedSpans):
        decode_json(as_json(document))

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.span.errors import MalformedSpans
from clew.span.json_v1 import decode_list
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span

IDS = '"traceId":"1","id":"2"'
WEB = {"serviceName": "WEB", "ipv4": "10.0.0.1", "port": 80}
WHOLE = [
    {
        "traceId": "463ac35c9f6413ad48485a3953bb6124",
        "parentId": "6b221d5bc9e6496c",
        "id": "5b4185666d50f68b",
        "name": "GET",
        "timestamp": 100,
        "duration": 100,
        "debug": True,
        "annotations": [
            {"timestamp": 100, "value": "cs", "endpoint": WEB},
            {"timestamp": 150, "value": "retry", "endpoint": WEB},
            {"timestamp": 200, "value": "cr", "endpoint": WEB},
        ],
        "binaryAnnotations": [
            {"key": "http.path", "value": "/a", "endpoint": WEB},
            {"key": "size", "value": 12, "type": "I32", "endpoint": WEB},
            {"key": "sa", "value": True, "endpoint": {"serviceName": "app"}},
        ],
    }
]
WHOLE_SPAN = Span(
    trace_id="463ac35c9f6413ad48485a3953bb6124",
    parent_id="6b221d5bc9e6496c",
    id="5b4185666d50f68b",
    kind=Kind.CLIENT,
    name="get",
    timestamp=Micros(100),
    duration=Micros(100),
    local_endpoint=Endpoint(service_name="web", ipv4="10.0.0.1", port=80),
    remote_endpoint=Endpoint(service_name="app"),
    annotations=(Annotation(timestamp=Micros(150), value="retry"),),
    tags={"http.path": "/a"},
    debug=True,
)


def body(fields: str) -> bytes:
    return f"[{{{IDS},{fields}}}]".encode()


def test_every_field_is_read() -> None:
    assert decode_list(json.dumps(WHOLE).encode()) == [WHOLE_SPAN]


def test_a_call_told_in_one_span_is_two() -> None:
    marks = [
        {"timestamp": time, "value": value, "endpoint": {"serviceName": service}}
        for time, value, service in ((1, "cs", "a"), (2, "sr", "b"), (3, "ss", "b"), (4, "cr", "a"))
    ]
    spans = decode_list(
        json.dumps([{"traceId": "1", "id": "2", "annotations": marks}] * 2).encode()
    )
    assert [(span.kind, span.service) for span in spans] == [
        (Kind.CLIENT, "a"),
        (Kind.SERVER, "b"),
    ] * 2


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        pytest.param('"timestamp":"12"', "timestamp", 12, id="a quoted number"),
        pytest.param('"timestamp":null,"name":null', "timestamp", None, id="null is nothing"),
        pytest.param('"parentId":"0"', "parent_id", None, id="parent 0 is none"),
        pytest.param('"debug":false', "debug", False, id="false is absent"),
        pytest.param('"x":[{"y":1}]', "name", None, id="unknown fields"),
        pytest.param(
            '"annotations":[{"timestamp":0,"value":"a","endpoint":null}]',
            "annotations",
            (Annotation(timestamp=Micros(0), value="a"),),
            id="an annotation at 0",
        ),
        pytest.param(
            '"binaryAnnotations":[{"key":"a","value":""}]', "tags", {"a": ""}, id="an empty tag"
        ),
        pytest.param(
            '"binaryAnnotations":[{"key":"a"},{"key":"b","value":1},{"key":"c","value":true},'
            '{"key":"d","value":[]},{"key":"sa","value":false,"endpoint":{"port":1}}]',
            "tags",
            {},
            id="what is neither text nor address is left out",
        ),
        pytest.param(
            '"binaryAnnotations":[{"key":"sa","value":"1","endpoint":{"port":1}}]',
            "remote_endpoint",
            Endpoint(port=1),
            id="an address with a text for value",
        ),
    ],
)
def test_leniencies(fields: str, attribute: str, value: object) -> None:
    (span,) = decode_list(body(fields))
    assert getattr(span, attribute) == value


@pytest.mark.parametrize(
    ("trace_id", "expected"),
    [
        ("1", "0000000000000001"),
        ("a" * 16, "a" * 16),
        ("b" + "a" * 16, "a" * 16),
        ("b" * 15 + "a" * 16, "a" * 16),
        ("b" * 16 + "a" * 16, "b" * 16 + "a" * 16),
    ],
)
def test_only_32_characters_are_128_bits(trace_id: str, expected: str) -> None:
    (span,) = decode_list(f'[{{"traceId":"{trace_id}","id":"1"}}]'.encode())
    assert span.trace_id == expected


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("{}", "Malformed"),
        ("[1]", "Malformed"),
        ('[{"traceId":"1"', "End of input at line 1 column 16"),
        ('[{"id":"1"}]', "traceId == 0"),
        ('[{"traceId":"0","id":"1"}]', "traceId == 0"),
        ('[{"traceId":"1"}]', "id == 0"),
        ('[{"traceId":null,"id":"1"}]', "Expected a string but was NULL at path $[0].traceId"),
        (
            '[{"traceId":"A","id":"1"}]',
            "A should be a 1 to 32 character lower-hex string with no prefix",
        ),
        (
            '[{"traceId":"","id":"1"}]',
            " should be a 1 to 32 character lower-hex string with no prefix",
        ),
        (
            f'[{{{IDS},"annotations":[{{"value":"a"}}]}}]',
            "Incomplete annotation at $[0].annotations[0]",
        ),
        (
            f'[{{{IDS},"binaryAnnotations":[{{"value":"a"}}]}}]',
            "No key at $[0].binaryAnnotations[0]",
        ),
        (f'[{{{IDS},"timestamp":1.5}}]', "Expected a long but was 1.5 at path $[0].timestamp"),
        (
            f'[{{{IDS},"annotations":{{}}}}]',
            "Expected BEGIN_ARRAY but was BEGIN_OBJECT at path $[0].annotations",
        ),
        (
            f'[{{{IDS},"annotations":[{{"timestamp":1,"value":"a","endpoint":{{"port":70000}}}}]}}]',
            "invalid port 70000",
        ),
    ],
)
def test_one_bad_span_refuses_the_list_with_zipkins_words(encoded: str, message: str) -> None:
    with pytest.raises(MalformedSpans) as raised:
        decode_list(encoded.encode())
    assert str(raised.value) == f"{message} reading List<Span> from json"


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=200)
@given(st.data())
def test_a_field_of_any_shape_is_read_or_refused(data: st.DataObject) -> None:
    span: dict[str, Any] = json.loads(json.dumps(WHOLE[0]))
    inner = data.draw(
        st.sampled_from(
            [
                span,
                *span["annotations"],
                *span["binaryAnnotations"],
                span["annotations"][0]["endpoint"],
            ]
        )
    )
    inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(values)
    with contextlib.suppress(MalformedSpans):
        decode_list(json.dumps([span]).encode())


@settings(max_examples=200)
@given(st.integers(0, len(json.dumps(WHOLE)) - 1), st.binary(max_size=4))
def test_a_damaged_list_is_read_or_refused(at: int, damage: bytes) -> None:
    encoded = json.dumps(WHOLE).encode()
    with contextlib.suppress(MalformedSpans):
        decode_list(encoded[:at] + damage + encoded[at + len(damage) :])

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.span.errors import MalformedSpans
from clew.span.json_v2 import decode_list, encode, encode_list, encode_traces
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_endpoint, new_span

IDS = '"traceId":"1","id":"2"'


def body(fields: str) -> bytes:
    return f"[{{{IDS},{fields}}}]".encode()


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        pytest.param('"timestamp":12.0', "timestamp", 12, id="a whole number with a fraction"),
        pytest.param('"timestamp":1e3', "timestamp", 1000, id="a number with an exponent"),
        pytest.param('"timestamp":"12"', "timestamp", 12, id="a quoted number"),
        pytest.param('"timestamp":-5', "timestamp", None, id="a negative timestamp is absent"),
        pytest.param('"duration":0', "duration", None, id="a zero duration is absent"),
        pytest.param('"debug":false', "debug", False, id="false is absent"),
        pytest.param('"debug":TRUE', "debug", True, id="a literal in capitals"),
        pytest.param('"name":NULL', "name", None, id="a null in capitals"),
        pytest.param('"name":"NULL TRUE"', "name", "null true", id="but not inside text"),
        pytest.param('"kind":"CLIENT","shared":true', "shared", False, id="a client joins nothing"),
        pytest.param('"tags":{"a":12}', "tags", {"a": "12"}, id="a number as tag"),
        pytest.param('"tags":{"a":1.50}', "tags", {"a": "1.50"}, id="a tag keeps a number's text"),
        pytest.param('"tags":{"a":"1","a":"2"}', "tags", {"a": "2"}, id="the last tag wins"),
        pytest.param('"tags":{"error":""}', "tags", {"error": ""}, id="an empty tag"),
        pytest.param('"tags":null', "tags", {}, id="null tags"),
        pytest.param('"annotations":null', "annotations", (), id="null annotations"),
        pytest.param('"debug":null', "debug", False, id="null flag"),
        pytest.param('"parentId":null', "parent_id", None, id="null parent"),
        pytest.param('"kind":null', "kind", None, id="null kind"),
        pytest.param('"localEndpoint":{}', "local_endpoint", None, id="an empty endpoint"),
        pytest.param(
            '"localEndpoint":{"serviceName":"WEB","port":"80"},"x":null',
            "local_endpoint",
            Endpoint(service_name="web", port=80),
            id="a quoted port",
        ),
        pytest.param(
            '"localEndpoint":{"serviceName":null,"ipv4":"::1","port":null}',
            "local_endpoint",
            Endpoint(ipv6="::1"),
            id="an address in the other place",
        ),
        pytest.param(
            '"annotations":[{"timestamp":0,"value":"a"}]',
            "annotations",
            (Annotation(timestamp=Micros(0), value="a"),),
            id="an annotation at 0",
        ),
        pytest.param(
            '"annotations":[{"timestamp":"3","value":"a","endpoint":{}}]',
            "annotations",
            (Annotation(timestamp=Micros(3), value="a"),),
            id="an annotation with a quoted time",
        ),
        pytest.param('"x":[{"y":[1,null]}],"z":1.5', "name", None, id="unknown fields"),
        pytest.param('"name":"a\nb"', "name", "a\nb", id="a raw control character"),
        pytest.param('"name":"\\ud800x"', "name", "?x", id="half a surrogate pair"),
        pytest.param('"tags":{"\\ud800":"\\udc00"}', "tags", {"?": "?"}, id="half pairs in tags"),
    ],
)
def test_what_zipkin_takes_is_taken(fields: str, attribute: str, value: object) -> None:
    (span,) = decode_list(body(fields))
    assert getattr(span, attribute) == value
    assert (span.trace_id, span.id) == ("0000000000000001", "0000000000000002")


@pytest.mark.parametrize(
    "encoded",
    [b"[]", b" []", b"\n[]", b"[] and more", b'[]{"'],
)
def test_an_empty_list_is_one_whatever_is_around_it(encoded: bytes) -> None:
    assert decode_list(encoded) == []


def test_what_follows_the_list_is_ignored() -> None:
    assert len(decode_list(body('"name":"x"') + b"garbage")) == 1


def test_a_number_is_taken_as_an_id() -> None:
    assert decode_list(b'[{"traceId":1,"id":2}]')[0].trace_id == "0000000000000001"


def test_bytes_that_are_not_utf_8_become_replacement_characters() -> None:
    assert decode_list(body('"name":"a@b"').replace(b"@", b"\xff"))[0].name == "a�b"


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("{}", "Malformed"),
        ("[null]", "Malformed"),
        ("[1]", "Malformed"),
        ('"x"', "Malformed"),
        (f"[{{{IDS}}},]", "Malformed"),
        ("[{'traceId':'1'}]", "Malformed"),
        (f'[{{{IDS},"timestamp":NaN}}]', "Malformed"),
        (f'[{{{IDS},"localEndpoint":[]}}]', "Malformed"),
        (f'[{{{IDS},"tags":"a"}}]', "Malformed"),
        ('[{"x":' + "[" * 100_000, "Malformed"),
        (f"[{{{IDS}}},", "End of input at line 1 column 27 "),
        (f'[{{{IDS},"name":"ab', "End of input at line 1 column 36 "),
        (f'[{{{IDS},"name":"ab\\', "End of input at line 1 column 37 "),
        ('[{"id":"1"}]', "Missing : traceId"),
        ('[{"traceId":"1"}]', "Missing : id"),
        ('[{"traceId":null,"id":"1"}]', "Expected a string but was NULL at path $[0].traceId"),
        ('[{"traceId":"1","id":"1"},{"id":"1"}]', "Missing : traceId"),
        ('[{"traceId":"0000","id":"1"}]', "traceId is all zeros"),
        ('[{"traceId":"1","id":"0000000000000000"}]', "id is all zeros"),
        ('[{"traceId":"1","id":"A"}]', "A should be lower-hex encoded with no prefix"),
        ('[{"traceId":"1","id":"11111111111111111"}]', "id.length > 16"),
        ('[{"traceId":"' + "1" * 33 + '","id":"1"}]', "traceId.length > 32"),
        (f'[{{{IDS},"parentId":""}}]', "parentId is empty"),
        (f'[{{{IDS},"kind":"client"}}]', "No enum constant zipkin2.Span.Kind.client"),
        (f'[{{{IDS},"localEndpoint":{{"port":70000}}}}]', "invalid port 70000"),
        (f'[{{{IDS},"tags":{{"a":null}}}}]', "No value at $[0].tags.a"),
        (
            f'[{{{IDS},"tags":{{"a":true}}}}]',
            "Expected a string but was BOOLEAN at path $[0].tags.a",
        ),
        (
            f'[{{{IDS},"tags":{{"a":{{}}}}}}]',
            "Expected a string but was BEGIN_OBJECT at path $[0].tags.a",
        ),
        (
            f'[{{{IDS},"tags":{{"a":[]}}}}]',
            "Expected a string but was BEGIN_ARRAY at path $[0].tags.a",
        ),
        (
            f'[{{{IDS},"annotations":[{{"timestamp":1}}]}}]',
            "Incomplete annotation at $[0].annotations[0]",
        ),
        (
            f'[{{{IDS},"annotations":[{{"value":"a"}}]}}]',
            "Incomplete annotation at $[0].annotations[0]",
        ),
        (
            f'[{{{IDS},"annotations":"a"}}]',
            "Expected BEGIN_ARRAY but was STRING at path $[0].annotations",
        ),
        (f'[{{{IDS},"timestamp":1.5}}]', "Expected a long but was 1.5 at path $[0].timestamp"),
        (f'[{{{IDS},"duration":0.4}}]', "Expected a long but was 0.4 at path $[0].duration"),
        (f'[{{{IDS},"duration":"x"}}]', "Expected a long but was x at path $[0].duration"),
        (f'[{{{IDS},"duration":true}}]', "Expected a long but was BOOLEAN at path $[0].duration"),
        (f'[{{{IDS},"timestamp":9223372036854775808}}]', "Expected a long but was 922337203685477"),
        (f'[{{{IDS},"timestamp":1e400}}]', "Expected a long but was 1e400 at path $[0].timestamp"),
        (f'[{{{IDS},"debug":"true"}}]', "Expected a boolean but was STRING at path $[0].debug"),
        (f'[{{{IDS},"shared":1}}]', "Expected a boolean but was NUMBER at path $[0].shared"),
    ],
)
def test_one_bad_span_refuses_the_list_in_zipkins_words(encoded: str, message: str) -> None:
    with pytest.raises(MalformedSpans) as error:
        decode_list(encoded.encode())
    assert str(error.value).startswith(message)
    assert str(error.value).endswith(" reading List<Span> from json")


def test_long_escaped_text_that_never_ends_is_refused_in_linear_time() -> None:
    with pytest.raises(MalformedSpans, match="End of input"):
        decode_list(b'["' + b'\\"' * 1_000_000)


def test_a_span_is_written_in_zipkins_order_without_blanks() -> None:
    span = new_span(
        trace_id="1",
        parent_id="3",
        id="2",
        kind=Kind.SERVER,
        name="get /a",
        timestamp=1700000000000000,
        duration=5,
        local_endpoint=new_endpoint(service_name="web", ipv4="1.2.3.4", ipv6="::1", port=80),
        remote_endpoint=new_endpoint(port=1),
        annotations=[Annotation(timestamp=Micros(1), value='"\\ é/')],
        tags={"b": "\u2028\u2029", "a": "\x01\n"},
        debug=True,
        shared=True,
    )
    assert encode(span).decode() == (
        '{"traceId":"0000000000000001","parentId":"0000000000000003","id":"0000000000000002",'
        '"kind":"SERVER","name":"get /a","timestamp":1700000000000000,"duration":5,'
        '"localEndpoint":{"serviceName":"web","ipv4":"1.2.3.4","ipv6":"::1","port":80},'
        '"remoteEndpoint":{"port":1},"annotations":[{"timestamp":1,"value":"\\"\\\\ é/"}],'
        '"tags":{"a":"\\u0001\\n","b":"\\u2028\\u2029"},"debug":true,"shared":true}'
    )


def test_what_is_absent_is_not_written() -> None:
    span = new_span(trace_id="1", id="2")
    text = b'{"traceId":"0000000000000001","id":"0000000000000002"}'
    assert encode(span) == text
    assert encode_list([span, span]) == b"[" + text + b"," + text + b"]"
    assert encode_traces([[span], []]) == b"[[" + text + b"],[]]"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
FIELDS = [*Span.__struct_encode_fields__, "serviceName", "port", "value"]
ids = st.integers(1, 2**64 - 1).map("{:x}".format)
near_spans = st.fixed_dictionaries(
    {"traceId": ids, "id": ids},
    optional={
        "annotations": st.lists(
            st.fixed_dictionaries({"timestamp": st.integers() | json_values, "value": st.text()})
        ),
        "tags": st.dictionaries(st.text(), st.text() | json_values, max_size=3),
        "localEndpoint": st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3),
        "kind": st.sampled_from([*Kind.__members__, "other", None]),
        "debug": st.booleans() | json_values,
        "timestamp": st.integers() | json_values,
    },
)


def test_a_number_that_became_a_tag_is_written_as_text() -> None:
    spans = decode_list(b'[{"traceId": "1", "id": "1", "tags": {"http.status_code": 200}}]')
    assert b'"tags":{"http.status_code":"200"}' in encode_list(spans)


@given(st.lists(near_spans | json_values, max_size=3))
def test_a_list_is_decoded_or_refused_and_reads_back(items: list[Any]) -> None:
    try:
        spans = decode_list(json.dumps(items).encode())
    except MalformedSpans:
        return
    assert decode_list(encode_list(spans)) == spans


@given(st.lists(near_spans, max_size=2), st.data())
def test_a_damaged_body_is_decoded_or_refused(items: list[Any], data: st.DataObject) -> None:
    encoded = bytearray(json.dumps(items).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedSpans):
        decode_list(bytes(encoded))

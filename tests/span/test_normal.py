from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import spans

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import (
    InvalidSpan,
    new_endpoint,
    new_span,
    normal,
    normal_endpoint,
    normal_list,
    packed_address,
    read_address,
)


def span(**fields: Any) -> Span:
    return new_span(**({"trace_id": "1", "id": "2"} | fields))


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [
        pytest.param("1", "0000000000000001", id="short is padded to 16"),
        pytest.param("a" * 16, "a" * 16, id="16 stays"),
        pytest.param("b" * 17, "0" * 15 + "b" * 17, id="17 to 31 is padded to 32"),
        pytest.param("c" * 32, "c" * 32, id="32 stays"),
        pytest.param("0" * 16 + "d" * 16, "d" * 16, id="a zero high half is dropped"),
        pytest.param("0" * 30 + "12", "0" * 14 + "12", id="a zero high half, low padded"),
        pytest.param(
            "0" * 15 + "1" + "0" * 16, "0" * 15 + "1" + "0" * 16, id="zero low half stays"
        ),
        pytest.param("0" * 17 + "e", "0" * 15 + "e", id="18 characters of which one counts"),
    ],
)
def test_a_trace_id_is_padded_and_shortened(given_id: str, kept: str) -> None:
    assert span(trace_id=given_id).trace_id == kept
    assert span(trace_id=kept).trace_id == kept


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"trace_id": ""}, "traceId is empty"),
        ({"trace_id": "1" * 33}, "traceId.length > 32"),
        ({"trace_id": "0"}, "traceId is all zeros"),
        ({"trace_id": "0" * 32}, "traceId is all zeros"),
        ({"trace_id": "A"}, "A should be lower-hex encoded with no prefix"),
        ({"trace_id": "0x1"}, "0x1 should be lower-hex encoded with no prefix"),
        ({"trace_id": "1" * 15 + " "}, "1" * 15 + "  should be lower-hex encoded with no prefix"),
        ({"trace_id": "1_1"}, "1_1 should be lower-hex encoded with no prefix"),
        ({"trace_id": "1g1"}, "1g1 should be lower-hex encoded with no prefix"),
        ({"id": ""}, "id is empty"),
        ({"id": "1" * 17}, "id.length > 16"),
        ({"id": "0" * 16}, "id is all zeros"),
        ({"id": "0"}, "id is all zeros"),
        ({"id": "xyz"}, "xyz should be lower-hex encoded with no prefix"),
        ({"parent_id": ""}, "parentId is empty"),
        ({"parent_id": "1" * 17}, "parentId.length > 16"),
        ({"parent_id": "F"}, "F should be lower-hex encoded with no prefix"),
    ],
)
def test_an_id_that_is_none_refuses_the_span(fields: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidSpan) as error:
        span(**fields)
    assert str(error.value) == words


@pytest.mark.parametrize("parent", [None, "0", "0" * 16, "2", "0" * 15 + "2"])
def test_a_parent_that_is_zero_or_the_span_itself_is_none(parent: str | None) -> None:
    assert span(parent_id=parent).parent_id is None


@pytest.mark.parametrize(
    ("fields", "attribute", "kept"),
    [
        ({"name": "GET /Ä"}, "name", "get /ä"),
        ({"name": ""}, "name", None),
        ({"timestamp": 0}, "timestamp", None),
        ({"timestamp": -1}, "timestamp", None),
        ({"duration": 0}, "duration", None),
        ({"duration": 1}, "duration", 1),
        ({"shared": True, "kind": Kind.CLIENT}, "shared", False),
        ({"shared": True, "kind": Kind.SERVER}, "shared", True),
        ({"shared": True}, "shared", True),
        ({"tags": {"error": ""}}, "tags", {"error": ""}),
    ],
)
def test_what_says_nothing_is_absent(fields: dict[str, Any], attribute: str, kept: object) -> None:
    assert getattr(span(**fields), attribute) == kept


def test_annotations_are_sorted_by_time_then_value_without_duplicates() -> None:
    def at(timestamp: int, value: str) -> Annotation:
        return Annotation(timestamp=Micros(timestamp), value=value)

    kept = span(annotations=[at(2, "b"), at(1, "z"), at(2, "a"), at(2, "b")]).annotations
    assert kept == (at(1, "z"), at(2, "a"), at(2, "b"))


@pytest.mark.parametrize(
    "fields",
    [
        {"timestamp": 2**63},
        {"duration": 2**64},
        {"annotations": [Annotation(timestamp=Micros(2**63), value="x")]},
    ],
)
def test_a_number_beyond_a_long_refuses_the_span(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpan, match="Expected a long but was"):
        span(**fields)


def test_tags_are_sorted_by_key() -> None:
    assert list(span(tags={"b": "1", "a": "2"}).tags) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("1.2.3.4", ("1.2.3.4", None)),
        ("::ffff:1.2.3.4", ("1.2.3.4", None)),
        ("::FFFF:1.2.3.4", ("1.2.3.4", None)),
        ("::1.2.3.4", ("1.2.3.4", None)),
        ("::0000:1.2.3.4", ("1.2.3.4", None)),
        ("2001:db8::1.2.3.4", (None, None)),
        ("::ffff:102:304", (None, "::ffff:102:304")),
        ("2001:DB8:0:0:0:0:0:C001", (None, "2001:db8::c001")),
        ("1:0:0:2:0:0:0:3", (None, "1:0:0:2::3")),
        ("0:0:0:0:0:0:0:0", (None, "::")),
        ("::1", (None, "::1")),
        ("fe80::1%eth0", (None, None)),
        ("256.1.1.1", (None, None)),
        ("1.2.3", (None, None)),
        ("localhost", (None, None)),
        ("", (None, None)),
    ],
)
def test_an_address_is_read_or_ignored(text: str, address: tuple[str | None, str | None]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("packed", "address"),
    [
        (b"\1\2\3\4", ("1.2.3.4", None)),
        (bytes(16), ("0.0.0.0", None)),
        (bytes(12) + b"\1\2\3\4", ("1.2.3.4", None)),
        (bytes(15) + b"\1", (None, "::1")),
        (bytes(10) + b"\xff\xff\1\2\3\4", (None, "::ffff:102:304")),
        (b"\x20\x01\x0d\xb8" + bytes(11) + b"\1", (None, "2001:db8::1")),
        (b"", (None, None)),
        (b"\1\2\3", (None, None)),
    ],
)
def test_packed_addresses(packed: bytes, address: tuple[str | None, str | None]) -> None:
    assert packed_address(packed) == address


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"service_name": "", "ipv4": "x", "port": 0}, None, id="nothing of use"),
        pytest.param({"port": -5}, None, id="a negative port"),
        pytest.param({"service_name": "WEB"}, Endpoint(service_name="web"), id="lower-cased"),
        pytest.param({"ipv6": "1.2.3.4"}, Endpoint(ipv4="1.2.3.4"), id="ipv4 in the ipv6 place"),
        pytest.param({"ipv4": "::1"}, Endpoint(ipv6="::1"), id="ipv6 in the ipv4 place"),
        pytest.param(
            {"ipv4": "1.2.3.4", "ipv6": "2001:DB8::1", "port": 80},
            Endpoint(ipv4="1.2.3.4", ipv6="2001:db8::1", port=80),
            id="both",
        ),
        pytest.param({"port": 65535}, Endpoint(port=65535), id="the last port"),
    ],
)
def test_an_endpoint_is_normalised(fields: dict[str, Any], kept: Endpoint | None) -> None:
    assert new_endpoint(**fields) == kept
    assert normal_endpoint(Endpoint(**fields)) == kept


def test_a_port_beyond_the_last_refuses_the_span() -> None:
    with pytest.raises(InvalidSpan, match=r"^invalid port 65536$"):
        new_endpoint(port=65536)
    with pytest.raises(InvalidSpan, match=r"^invalid port 70000$"):
        normal_endpoint(Endpoint(port=70000))


hex_text = st.text("0123456789abcdef", min_size=1, max_size=16).filter(lambda t: t.strip("0"))
endpoints = st.builds(
    Endpoint,
    service_name=st.none() | st.text(max_size=5),
    ipv4=st.none() | st.ip_addresses(v=4).map(str) | st.text(max_size=3),
    ipv6=st.none() | st.ip_addresses(v=6).map(str),
    port=st.none() | st.integers(-1, 65535),
)
any_spans = st.builds(
    Span,
    trace_id=hex_text | st.tuples(hex_text, hex_text).map("".join),
    id=hex_text,
    parent_id=st.none() | st.text("01", min_size=1, max_size=16),
    kind=st.none() | st.sampled_from(Kind),
    name=st.none() | st.text(max_size=5),
    timestamp=st.none() | st.integers(-1, 3),
    duration=st.none() | st.integers(-1, 3),
    local_endpoint=st.none() | endpoints,
    remote_endpoint=st.none() | endpoints,
    annotations=st.lists(
        st.builds(Annotation, timestamp=st.integers(-1, 3), value=st.sampled_from("ab"))
    ).map(tuple),
    tags=st.dictionaries(st.text(max_size=2), st.text(max_size=2)),
    debug=st.booleans(),
    shared=st.booleans(),
)


@given(any_spans)
def test_a_normal_span_is_kept_as_it_is(any_span: Span) -> None:
    once = normal(any_span)
    assert normal(once) is once


@given(any_spans)
def test_normal_and_new_span_agree(any_span: Span) -> None:
    def endpoint(e: Endpoint | None) -> Endpoint | None:
        return e and new_endpoint(
            service_name=e.service_name, ipv4=e.ipv4, ipv6=e.ipv6, port=e.port
        )

    fields = {name: getattr(any_span, name) for name in Span.__struct_fields__}
    fields["local_endpoint"] = endpoint(any_span.local_endpoint)
    fields["remote_endpoint"] = endpoint(any_span.remote_endpoint)
    made = new_span(**fields)
    assert normal(any_span) == made
    assert list(normal(any_span).tags) == list(made.tags)


def outcome(make: Callable[[], list[Span]]) -> list[Span] | str:
    try:
        return make()
    except InvalidSpan as error:
        return str(error)


@given(st.lists(any_spans | spans(), max_size=4))
def test_a_list_is_made_normal_as_each_of_it_is(some: list[Span]) -> None:
    each = outcome(lambda: list(map(normal, some)))
    assert outcome(lambda: normal_list(some)) == each


@given(st.lists(spans(), max_size=4))
def test_a_normal_list_is_kept_as_it_is(some: list[Span]) -> None:
    once = list(map(normal, some))
    assert all(map(operator.is_, normal_list(once), once))


@pytest.mark.parametrize(
    "fields",
    [
        {"trace_id": "0" * 16 + "a" * 16},
        {"trace_id": "A" * 16},
        {"trace_id": " " * 16},
        {"trace_id": "a" * 15},
        {"id": "0" * 16},
        {"id": "G" * 16},
        {"id": "1"},
        {"parent_id": "0" * 16},
        {"parent_id": "a" * 16},
        {"parent_id": ""},
        {"name": ""},
        {"name": "Get"},
        {"timestamp": 0},
        {"timestamp": 2**63},
        {"duration": -1},
        {"local_endpoint": Endpoint()},
        {"local_endpoint": Endpoint(service_name="A")},
        {"remote_endpoint": Endpoint(port=70_000)},
        {"tags": {"b": "", "a": ""}},
        {"annotations": (Annotation(timestamp=Micros(2), value="b"),) * 2},
        {"kind": Kind.CLIENT, "shared": True},
    ],
    ids=str,
)
def test_one_span_of_a_list_that_is_not_normal_is_seen(fields: dict[str, Any]) -> None:
    good = Span(trace_id="b" * 16, id="a" * 16)
    some = [good, msgspec.structs.replace(good, **fields), good]
    each = outcome(lambda: list(map(normal, some)))
    assert outcome(lambda: normal_list(some)) == each
    assert str(each) != str(some)  # equal dicts may have another order

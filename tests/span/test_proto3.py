"""Zipkin's protobuf, held against bytes written by hand from the published zipkin.proto."""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_endpoint, new_span
from clew.span.proto3 import decode_list, encode_list


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def fixed(field: int, value: int) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<q", value)


def span_list(*spans: bytes) -> bytes:
    return b"".join(text(1, span) for span in spans)


IDS = text(1, b"\0" * 7 + b"\1") + text(3, b"\0" * 7 + b"\2")
"""The two fields that a span must have."""

WHOLE = (
    text(1, bytes.fromhex("463ac35c9f6413ad48485a3953bb6124"))
    + text(2, bytes.fromhex("48485a3953bb6124"))
    + text(3, bytes.fromhex("a2fb4a1d1a96d312"))
    + number(4, 1)
    + text(5, b"get /hello")
    + fixed(6, 1472470996199000)
    + number(7, 207000)
    + text(8, text(1, b"frontend") + text(2, bytes([127, 0, 0, 1])))
    + text(9, text(1, b"backend") + text(2, bytes([192, 168, 99, 101])) + number(4, 9000))
    + text(10, fixed(1, 1472470996238000) + text(2, b"foo"))
    + text(10, fixed(1, 1472470996403000) + text(2, b"bar"))
    + text(11, text(1, b"clnt/finagle.version") + text(2, b"6.45.0"))
    + text(11, text(1, b"error") + text(2, b""))
    + number(12, 1)
)
WHOLE_SPAN = Span(
    trace_id="463ac35c9f6413ad48485a3953bb6124",
    parent_id="48485a3953bb6124",
    id="a2fb4a1d1a96d312",
    kind=Kind.CLIENT,
    name="get /hello",
    timestamp=Micros(1472470996199000),
    duration=Micros(207000),
    local_endpoint=Endpoint(service_name="frontend", ipv4="127.0.0.1"),
    remote_endpoint=Endpoint(service_name="backend", ipv4="192.168.99.101", port=9000),
    annotations=(
        Annotation(timestamp=Micros(1472470996238000), value="foo"),
        Annotation(timestamp=Micros(1472470996403000), value="bar"),
    ),
    tags={"clnt/finagle.version": "6.45.0", "error": ""},
    debug=True,
)


def test_every_field_is_read() -> None:
    assert decode_list(span_list(WHOLE)) == [WHOLE_SPAN]


def test_what_is_written_is_what_the_published_definition_says() -> None:
    assert encode_list([WHOLE_SPAN]) == span_list(WHOLE)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(b"", {}, id="ids alone are a span"),
        pytest.param(number(4, 9), {}, id="a kind of a later version is no kind"),
        pytest.param(text(5, b"GET /A"), {"name": "get /a"}, id="names are lower case"),
        pytest.param(fixed(6, -1) + number(7, -5), {}, id="negative times are absent"),
        pytest.param(text(2, b"\0" * 7 + b"\2"), {}, id="a span is not its own parent"),
        pytest.param(number(13, 1), {"shared": True}, id="shared"),
        pytest.param(number(4, 1) + number(13, 1), {"kind": Kind.CLIENT}, id="no shared client"),
        pytest.param(text(8, b""), {}, id="an empty endpoint is absent"),
        pytest.param(text(8, number(4, 0)), {}, id="port 0 is no port"),
        pytest.param(
            text(9, text(3, b"\0" * 15 + b"\1")),
            {"remote_endpoint": Endpoint(ipv6="::1")},
            id="an IPv6 address",
        ),
        pytest.param(
            text(9, text(3, b"\0" * 12 + b"\1\2\3\4")),
            {"remote_endpoint": Endpoint(ipv4="1.2.3.4")},
            id="an IPv4 address in the place of IPv6",
        ),
        pytest.param(text(8, text(2, b"\1\2")), {}, id="an address of two bytes is ignored"),
        pytest.param(text(10, text(2, b"a")), {}, id="an annotation without a time is skipped"),
        pytest.param(text(10, fixed(1, 5)), {}, id="an annotation without a value is skipped"),
        pytest.param(
            text(11, text(1, b"a") + text(2, b"1")) + text(11, text(1, b"a") + text(2, b"2")),
            {"tags": {"a": "2"}},
            id="the last of two equal tag keys wins",
        ),
        pytest.param(
            text(11, text(1, b"b")) + text(11, text(1, b"a")),
            {"tags": {"a": "", "b": ""}},
            id="a tag without a value is an empty one",
        ),
        pytest.param(text(99, b"?") + number(98, 7), {}, id="unknown fields are skipped"),
        pytest.param(
            text(11, text(1, b"user_agent") + text(2, b"caf\xe9")) + text(5, b"\xff"),
            {"name": "�", "tags": {"user_agent": "caf�"}},
            id="text that is not UTF-8 is replaced",
        ),
        pytest.param(
            text(8, text(1, b"\xff")),
            {"local_endpoint": Endpoint(service_name="�")},
            id="a service name that is not UTF-8 is replaced",
        ),
        pytest.param(
            text(8, text(1, b"x" * 1000)),
            {"local_endpoint": Endpoint(service_name="x" * 1000)},
            id="a service name longer than any cache keeps",
        ),
    ],
)
def test_leniencies(fields: bytes, expected: dict[str, object]) -> None:
    plain = {"trace_id": "0000000000000001", "id": "0000000000000002"}
    assert decode_list(span_list(IDS + fields)) == [Span(**plain, **expected)]  # type: ignore[arg-type]  # a table of fields


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x0a\x04", "Truncated: length 4 > bytes available 0"),
        (span_list(WHOLE)[:-1], "Truncated: length 180 > bytes available 179"),
        (b"\x0a", "Malformed"),
        (b"not a protobuf", "Malformed"),
        (span_list(IDS + text(8, b"\x0a\x09")), "Malformed"),
        (span_list(text(1, b"\1")), "id is empty"),
        (span_list(text(3, b"\1")), "traceId is empty"),
        (span_list(text(1, b"\0" * 16) + text(3, b"\1")), "traceId is all zeros"),
        (span_list(text(1, b"\1") + text(3, b"\1" * 9)), "id.length > 16"),
        (span_list(IDS + text(8, number(4, 70000))), "invalid port 70000"),
        (span_list(IDS, text(1, b"\1")), "id is empty"),
    ],
)
def test_one_bad_span_refuses_the_list_with_zipkins_words(body: bytes, message: str) -> None:
    with pytest.raises(MalformedSpans) as raised:
        decode_list(body)
    assert str(raised.value) == f"{message} reading List<Span> from proto3"


def test_nothing_is_an_empty_list() -> None:
    assert decode_list(b"") == []
    assert encode_list([]) == b""


# protobuf's own memory is not Python's, so the whole process is measured
_MEASURE = """
import resource, sys
from clew.span.errors import MalformedSpans
from clew.span.proto3 import decode_list
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_list(body)
except MalformedSpans:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(text(1, b"") * (1 << 19), id="spans"),
        pytest.param(span_list(IDS + text(10, b"") * (1 << 19)), id="annotations"),
        pytest.param(span_list(IDS + text(11, b"") * (1 << 19)), id="tags"),
    ],
)
def test_empty_messages_take_little_memory(body: bytes) -> None:
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE], input=body, capture_output=True, check=True
    )
    assert int(measured.stdout) < 40 * len(body)  # messages would take more than 70


def hex_id(bits: int) -> st.SearchStrategy[str]:
    return st.integers(1, 2**bits - 1).map(lambda n: f"{n:0{bits // 4}x}")


texts = st.text(st.characters(codec="utf-8"), max_size=20)
times = st.integers(1, 2**63 - 1)
endpoints = st.builds(
    new_endpoint,
    service_name=texts,
    ipv4=st.none() | st.ip_addresses(v=4).map(str),
    # as bytes, an IPv6 address that begins with 96 zero bits means IPv4
    ipv6=st.none() | st.ip_addresses(v=6).filter(lambda ip: int(ip) >> 32).map(str),
    port=st.none() | st.integers(0, 65535),
)
spans = st.builds(
    new_span,
    trace_id=hex_id(64) | hex_id(128),
    id=hex_id(64),
    parent_id=st.none() | hex_id(64),
    kind=st.none() | st.sampled_from(Kind),
    name=st.none() | texts,
    timestamp=st.none() | times,
    duration=st.none() | times,
    local_endpoint=endpoints,
    remote_endpoint=endpoints,
    annotations=st.lists(
        st.builds(Annotation, timestamp=times, value=texts.filter(bool)), max_size=4
    ),
    tags=st.dictionaries(texts, texts, max_size=6),
    debug=st.booleans(),
    shared=st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(spans, max_size=2))
def test_spans_read_back_as_they_were_written(given_spans: list[Span]) -> None:
    assert decode_list(encode_list(given_spans)) == given_spans


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    with contextlib.suppress(MalformedSpans):
        decode_list(body)


@settings(max_examples=50)
@given(spans, st.data())
def test_a_damaged_list_is_refused_or_read(span: Span, data: st.DataObject) -> None:
    body = bytearray(encode_list([span]))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(MalformedSpans):
        decode_list(bytes(body))

"""Zipkin's Thrift, held against bytes written by hand from the published zipkinCore.thrift."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies

from clew.span import thrift
from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_span
from clew.span.thrift import decode_list, decode_one, encode, encode_list
from clew.span.v1_to_v2 import to_v2
from clew.span.v2_to_v1 import to_v1


def field(kind: int, number: int, value: bytes) -> bytes:
    return struct.pack(">bh", kind, number) + value


def long(number: int, value: int) -> bytes:
    return field(10, number, struct.pack(">q", value))


def string(number: int, value: bytes) -> bytes:
    return field(11, number, struct.pack(">i", len(value)) + value)


def integer(number: int, value: int) -> bytes:
    return field(8, number, struct.pack(">i", value))


def nested(number: int, value: bytes) -> bytes:
    return field(12, number, value + b"\0")


def structs(number: int, *values: bytes) -> bytes:
    return field(15, number, list_of(*values))


def list_of(*values: bytes, kind: int = 12) -> bytes:
    return struct.pack(">bi", kind, len(values)) + b"".join(value + b"\0" for value in values)


IDS = long(1, 1) + long(4, 2)
"""The two fields that a span must have."""

WEB = integer(1, 0x7F000001) + field(6, 2, struct.pack(">H", 40000)) + string(3, b"frontend")
APP = (
    integer(1, 0)
    + field(6, 2, b"\0\0")
    + string(3, b"backend")
    + string(4, b" \1\r\xb8" + bytes(11) + b"\1")
)
WHOLE = (
    long(1, 0x48485A3953BB6124)
    + string(3, b"get /hello")
    + long(4, -0x5D04B5E2E5692CEE)
    + long(5, 0x48485A3953BB6124)
    + structs(
        6,
        long(1, 100) + string(2, b"cs") + nested(3, WEB),
        long(1, 150) + string(2, b"foo") + nested(3, WEB),
        long(1, 300) + string(2, b"cr") + nested(3, WEB),
    )
    + structs(
        8,
        string(1, b"error") + string(2, b"") + integer(3, 6) + nested(4, WEB),
        string(1, b"http.path") + string(2, b"/a") + integer(3, 6) + nested(4, WEB),
        string(1, b"sa") + string(2, b"\1") + integer(3, 0) + nested(4, APP),
    )
    + field(2, 9, b"\1")
    + long(10, 100)
    + long(11, 200)
    + long(12, 0x463AC35C9F6413AD)
)
WHOLE_SPAN = Span(
    trace_id="463ac35c9f6413ad48485a3953bb6124",
    parent_id="48485a3953bb6124",
    id="a2fb4a1d1a96d312",
    kind=Kind.CLIENT,
    name="get /hello",
    timestamp=Micros(100),
    duration=Micros(200),
    local_endpoint=Endpoint(service_name="frontend", ipv4="127.0.0.1", port=40000),
    remote_endpoint=Endpoint(service_name="backend", ipv6="2001:db8::1"),
    annotations=(Annotation(timestamp=Micros(150), value="foo"),),
    tags={"error": "", "http.path": "/a"},
    debug=True,
)


def test_every_field_is_read() -> None:
    assert decode_list(list_of(WHOLE)) == [WHOLE_SPAN]


def test_what_is_written_is_what_the_published_definition_says() -> None:
    assert encode_list([WHOLE_SPAN]) == list_of(WHOLE)


def test_one_struct_is_read_and_measured() -> None:
    assert decode_one(WHOLE + b"\0more") == ([WHOLE_SPAN], len(WHOLE) + 1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(b"", {}, id="ids alone are a span"),
        pytest.param(long(5, 0), {}, id="parent 0 is none"),
        pytest.param(long(5, 2), {}, id="a span is not its own parent"),
        pytest.param(string(3, b"GET"), {"name": "get"}, id="names are lower case"),
        pytest.param(string(3, b"\xff"), {"name": "�"}, id="text that is not UTF-8 is replaced"),
        pytest.param(long(10, -1) + long(11, -5), {}, id="negative times are absent"),
        pytest.param(field(2, 9, b"\2"), {}, id="only 1 is true"),
        pytest.param(structs(6, long(1, 0) + string(2, b"a")), {}, id="an annotation at 0"),
        pytest.param(structs(6, long(1, 5)), {}, id="an annotation without a value"),
        pytest.param(
            structs(
                8, *(string(1, b"a") + string(2, b"\0\0\0\1") + integer(3, t) for t in range(6))
            ),
            {},
            id="binary annotations of other types",
        ),
        pytest.param(
            structs(8, string(1, b"a") + integer(3, 6), string(2, b"a") + integer(3, 6)),
            {},
            id="binary annotations without a key or a value",
        ),
        pytest.param(
            structs(8, string(1, b"sa") + string(2, b"\1") + integer(3, 0)),
            {},
            id="an address without one",
        ),
        pytest.param(
            structs(8, string(1, b"lc") + string(2, b"") + integer(3, 6) + nested(4, b"")),
            {},
            id="an empty endpoint is none",
        ),
        pytest.param(
            structs(
                8, string(1, b"a") + string(2, b"") + integer(3, 6) + nested(4, string(4, b"\1"))
            ),
            {"tags": {"a": ""}},
            id="an address of one byte is none",
        ),
        pytest.param(integer(1, 7) + long(3, 7), {}, id="a field of another type is skipped"),
        pytest.param(
            field(13, 99, struct.pack(">bbi", 11, 15, 1) + struct.pack(">i", 1) + b"k" + list_of())
            + field(14, 98, struct.pack(">bi", 10, 2) + bytes(16))
            + structs(97, IDS, nested(1, long(1, 1)))
            + field(4, 96, bytes(8))
            + field(3, 95, b"x"),
            {},
            id="unknown fields of every type are skipped",
        ),
    ],
)
def test_leniencies(fields: bytes, expected: dict[str, object]) -> None:
    plain = {"trace_id": "0000000000000001", "id": "0000000000000002"}
    assert decode_list(list_of(IDS + fields)) == [Span(**plain, **expected)]  # type: ignore[arg-type]  # a table of fields


def test_an_old_reporters_list_of_strings_is_one_of_structs() -> None:
    assert len(decode_list(list_of(IDS, IDS, kind=11))) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Truncated: length 1 > bytes available 0"),
        (b"\x0c", "Truncated: length 4 > bytes available 0"),
        (b"\x0c\0\0\0\1", "Truncated: length 1 > bytes available 0"),
        (b"\x0c\x7f\xff\xff\xff", "Truncated: length 2147483647 > bytes available 0"),
        (b"\x0c\xff\xff\xff\xff", "Malformed"),
        (list_of(WHOLE)[:-1], "Truncated: length 1 > bytes available 0"),
        (list_of(IDS + field(11, 3, b"\0\0\0\x09x")), "Truncated: length 9 > bytes available 2"),
        (list_of(IDS + field(11, 3, b"\xff\xff\xff\xff")), "Malformed"),
        (list_of(IDS + field(15, 6, b"\x0c\0\0\1\0")), "Truncated: length 256 > bytes available 1"),
        (list_of(IDS + field(15, 50, b"\x0a\0\0\0\1")), "Truncated: length 8 > bytes available 1"),
        (
            list_of(IDS + field(13, 50, b"\x03\x03\0\0\0\1")),
            "Truncated: length 2 > bytes available 1",
        ),
        (list_of(IDS + field(9, 50, b"")), "Malformed"),
        (list_of(IDS + field(12, 50, b"\x0c\0\1" * 70)), "Maximum skip depth exceeded"),
        (list_of(long(4, 1)), "traceId == 0"),
        (list_of(long(1, 1)), "id == 0"),
        (list_of(IDS, long(1, 1)), "id == 0"),
        (
            list_of(
                IDS
                + structs(
                    6,
                    *(
                        long(1, t) + string(2, v) + nested(3, WEB)
                        for t, v in ((-(2**63), b"cs"), (2**63 - 1, b"cr"))
                    ),
                )
            ),
            "Expected a long but was 18446744073709551615",
        ),
    ],
)
def test_one_bad_span_refuses_the_list_with_zipkins_words(body: bytes, message: str) -> None:
    with pytest.raises(MalformedSpans) as raised:
        decode_list(body)
    assert str(raised.value) == f"{message} reading List<Span> from TBinary"


def test_one_bad_struct_is_refused() -> None:
    with pytest.raises(MalformedSpans) as raised:
        decode_one(long(1, 1) + b"\0")
    assert str(raised.value) == "id == 0 reading Span from TBinary"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x0c\0\x10\0\0" + bytes(1 << 20), id="a list of a million empty structs"),
        pytest.param(
            list_of(IDS + field(15, 6, b"\x0c\0\x10\0\0" + bytes(1 << 20))), id="annotations"
        ),
        pytest.param(
            list_of(IDS + field(15, 50, b"\x0c\0\x10\0\0" + bytes(1 << 20))), id="unknown structs"
        ),
    ],
)
def test_counts_take_no_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        with contextlib.suppress(MalformedSpans):
            decode_list(body)
        assert tracemalloc.get_traced_memory()[1] < len(body)
    finally:
        tracemalloc.stop()


def endpoints() -> st.SearchStrategy[Endpoint | None]:
    """Without an IPv6 address that begins with 96 zero bits: as bytes it means IPv4."""
    return strategies.endpoints().filter(
        lambda endpoint: (
            not (endpoint and (endpoint.ipv6 or "").startswith("::"))
            and not (endpoint and endpoint.ipv4 == "0.0.0.0")
        )
    )


times = st.integers(1, 2**61)
marks = st.builds(Annotation, timestamp=times, value=strategies.texts(max_size=8))
v1_spans = st.builds(
    new_span,
    trace_id=st.integers(1, 2**64 - 1).map("{:016x}".format)
    | st.integers(2**64 + 1, 2**65 - 1).map("{:032x}".format),
    id=strategies.ids(),
    parent_id=st.none() | strategies.ids(),
    kind=st.none() | st.sampled_from(Kind),
    name=strategies.names(),
    timestamp=st.none() | times,
    duration=st.none() | times,
    local_endpoint=endpoints(),
    remote_endpoint=endpoints(),
    annotations=st.lists(marks, max_size=3),
    tags=st.dictionaries(strategies.texts(max_size=4), strategies.texts(max_size=8), max_size=3),
    debug=st.booleans(),
    shared=st.booleans(),
)


@settings(max_examples=100)
@given(st.lists(v1_spans, max_size=2))
def test_spans_read_back_as_what_v1_says_of_them(spans: list[Span]) -> None:
    assert decode_list(encode_list(spans)) == [
        side for span in spans for side in to_v2(to_v1(span))
    ]
    assert thrift.join(map(encode, spans)) == encode_list(spans)


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    for read in (decode_list, decode_one):
        with contextlib.suppress(MalformedSpans):
            read(body)


@settings(max_examples=300)
@given(st.integers(0, len(list_of(WHOLE)) - 1), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_damaged_list_is_read_or_refused(at: int, damage: bytes, grows: bool) -> None:
    body = list_of(WHOLE)
    with contextlib.suppress(MalformedSpans):
        decode_list(body[:at] + damage + body[at + (0 if grows else len(damage)) :])


def test_an_endpoint_with_a_long_name_is_read_like_any_other() -> None:
    where = nested(4, string(3, b"x" * 10_000))
    tag = string(1, b"a") + string(2, b"") + integer(3, 6) + where
    assert decode_list(list_of(IDS + structs(8, tag)))[0].service == "x" * 10_000

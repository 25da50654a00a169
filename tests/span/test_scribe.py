"""Scribe's call, held against bytes written by hand as Finagle and its npm client write them."""

from __future__ import annotations

import contextlib
import struct
from base64 import b64encode, encodebytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.span import thrift
from clew.span.errors import MalformedSpans
from clew.span.normal import new_span
from clew.span.scribe import (
    Fault,
    Header,
    Line,
    Result,
    answer,
    call,
    exception,
    read_header,
    read_spans,
)
from clew.span.thrift_protocol import BadThrift

SPANS = [new_span(trace_id="1", id="1"), new_span(trace_id="1", id="2")]
STRUCTS = [thrift.encode(span) for span in SPANS]


def text(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def log(*entries: tuple[bytes, bytes]) -> bytes:
    lines = [
        b"\x0b\0\1" + text(category) + b"\x0b\0\2" + text(m) + b"\0" for category, m in entries
    ]
    return b"\x0f\0\1\x0c" + struct.pack(">i", len(lines)) + b"".join(lines) + b"\0"


STRICT = b"\x80\x01\0\1" + text(b"Log") + b"\0\0\0\x07"
OLD = text(b"Log") + b"\1" + b"\0\0\0\x07"
ENTRIES = log(*((b"zipkin", b64encode(item)) for item in STRUCTS))


@pytest.mark.parametrize("beginning", [STRICT, OLD])
def test_a_call_is_read(beginning: bytes) -> None:
    header = read_header(beginning + ENTRIES)
    assert header == Header("Log", 7, beginning == STRICT, True, len(beginning))
    assert read_spans(beginning + ENTRIES, header, "zipkin") == (SPANS, STRUCTS)


def test_a_call_is_written_as_clients_do() -> None:
    lines = [Line("zipkin", b64encode(item)) for item in STRUCTS]
    assert call(lines, sequence=7) == STRICT + ENTRIES


def test_a_call_may_want_no_answer() -> None:
    assert not read_header(b"\x80\x01\0\4" + STRICT[4:]).wants_answer


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(encodebytes(STRUCTS[0]), id="line ends, as Finagle adds"),
        pytest.param(b64encode(STRUCTS[0]) + b"\r\n", id="one at the end"),
        pytest.param(b64encode(STRUCTS[0]).rstrip(b"="), id="no padding"),
        pytest.param(b64encode(STRUCTS[0] + b"more"), id="something behind the span"),
    ],
)
def test_base64_is_read_as_mime_has_it(message: bytes) -> None:
    body = STRICT + log((b"zipkin", message))
    assert read_spans(body, read_header(body), "zipkin") == (SPANS[:1], STRUCTS[:1])


def test_other_categories_and_unknown_fields_are_passed_over() -> None:
    body = STRICT + b"\x0a\0\x09" + bytes(8) + log((b"other", b"?"), (b"Zipkin", b"?"))
    assert read_spans(body, read_header(body), "zipkin") == ([], [])
    assert read_spans(STRICT + b"\0", read_header(STRICT), "zipkin") == ([], [])


@pytest.mark.parametrize("message", [b"", b"x", b"AAAA", b64encode(STRUCTS[0][:-1])])
def test_an_entry_that_is_no_span_refuses_the_call(message: bytes) -> None:
    body = STRICT + log((b"zipkin", b64encode(STRUCTS[0])), (b"zipkin", message))
    with pytest.raises(MalformedSpans, match="reading Span from TBinary"):
        read_spans(body, read_header(body), "zipkin")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"\x80\x02\0\1" + STRICT[4:],
        b"\x80\x01\0\2" + STRICT[4:],
        STRICT[:-1],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x80\x01\0\1" + text(b"x" * 300) + bytes(4),
    ],
)
def test_what_is_no_call_is_refused(body: bytes) -> None:
    with pytest.raises(BadThrift):
        read_header(body)


def test_answers_begin_as_the_call_did() -> None:
    strict, old = read_header(STRICT), read_header(OLD)
    assert answer(strict, Result.OK) == b"\x80\x01\0\2" + STRICT[4:] + b"\x08\0\0\0\0\0\0\0"
    assert answer(old, Result.TRY_LATER) == OLD[:7] + b"\2\0\0\0\x07" + b"\x08\0\0\0\0\0\1\0"
    assert exception(strict, Fault.INTERNAL_ERROR, "no") == (
        b"\x80\x01\0\3" + STRICT[4:] + b"\x0b\0\1" + text(b"no") + b"\x08\0\2\0\0\0\6\0"
    )


@settings(max_examples=300)
@given(st.integers(0, len(STRICT + ENTRIES) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_call_is_read_or_refused(at: int, damage: bytes) -> None:
    for body in (STRICT + ENTRIES, OLD + ENTRIES, damage):
        damaged = body[:at] + damage + body[at + len(damage) :]
        with contextlib.suppress(MalformedSpans, BadThrift):
            read_spans(damaged, read_header(damaged), "zipkin")

from __future__ import annotations

import pytest

from clew.span.detect import DECODERS, Format, UnexpectedFormat, detect, expect_list


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'[{"traceId"', Format.JSON_V2, id="a JSON list"),
        pytest.param(b" \t\n[", Format.JSON_V2, id="blanks before it"),
        pytest.param(b"\x0a\x02", Format.PROTO3, id="a proto3 list"),
        pytest.param(b"\x0a[", Format.PROTO3, id="a proto3 list that looks like a line and a list"),
        pytest.param(b"\x0a\x02", Format.JSON_V2, id="another list format: the decoder refuses it"),
        pytest.param(b"\x0c\0\0\0\1", Format.PROTO3, id="thrift: the decoder refuses it"),
        pytest.param(b"\x0c\0\0\0\1", Format.THRIFT, id="a thrift list"),
        pytest.param(b'[{"traceId"', Format.JSON_V1, id="a JSON list, of either version"),
        pytest.param(b'[{"endpoint":{}}]', Format.JSON_V1, id="v1's word for an endpoint"),
    ],
)
def test_a_list_passes_the_first_look(body: bytes, expected: Format) -> None:
    expect_list(body, expected)


@pytest.mark.parametrize(
    ("body", "expected", "answer"),
    [
        (b"{}", Format.JSON_V2, "Expected a JSON_V2 encoded list\n"),
        (b"hello", Format.JSON_V2, "Expected a JSON_V2 encoded list\n"),
        (b" ", Format.JSON_V2, "Expected a JSON_V2 encoded list\n"),
        (b"\x00", Format.PROTO3, "Expected a PROTO3 encoded list\n"),
        (b"\x0a\x00", Format.PROTO3, "Expected a PROTO3 encoded list\n"),
        (b"\x0a", Format.PROTO3, "Expected a PROTO3 encoded list\n"),
        (
            b'[{"traceId":"1","binaryAnnotations":[]}]',
            Format.JSON_V2,
            "Expected a JSON_V2 encoded list, but received: JSON_V1\n",
        ),
        (
            b'[{"traceId":"1","localEndpoint":{}}]',
            Format.JSON_V1,
            "Expected a JSON_V1 encoded list, but received: JSON_V2\n",
        ),
        (
            b'[{"traceId":"1","tags":{}}]',
            Format.JSON_V1,
            "Expected a JSON_V1 encoded list, but received: JSON_V2\n",
        ),
        (b"{}", Format.JSON_V1, "Expected a JSON_V1 encoded list\n"),
        (b"", Format.THRIFT, "Expected a THRIFT encoded list\n"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, expected: Format, answer: str) -> None:
    with pytest.raises(UnexpectedFormat) as error:
        expect_list(body, expected)
    assert str(error.value) == answer


def test_every_format_has_a_decoder() -> None:
    assert set(DECODERS) == set(Format)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"traceId":"1","id":"1"}]', Format.JSON_V1),
        (b' [{"tags":{}}]', Format.JSON_V2),
        (b'[{"remoteEndpoint":{}}]', Format.JSON_V2),
        (b"\x0a\x02", Format.PROTO3),
        (b"\x0c\0\0\0\1", Format.THRIFT),
        (b"\x0b\0\0\0\1", Format.THRIFT),
        (b"\x0a\x00", None),
        (b"\x0a", None),
        (b"\x08", None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_format(body: bytes, expected: Format | None) -> None:
    assert detect(body) is expected

from __future__ import annotations

import pytest

from clew.span.detect import DECODERS, Format, UnexpectedFormat, expect_list


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'[{"traceId"', Format.JSON_V2, id="a JSON list"),
        pytest.param(b" \t\n[", Format.JSON_V2, id="blanks before it"),
        pytest.param(b"\x0a\x02", Format.PROTO3, id="a proto3 list"),
        pytest.param(b"\x0a[", Format.PROTO3, id="a proto3 list that looks like a line and a list"),
        pytest.param(b"\x0a\x02", Format.JSON_V2, id="another list format: the decoder refuses it"),
        pytest.param(b"\x0c\0\0\0\1", Format.PROTO3, id="thrift: the decoder refuses it"),
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
    ],
)
def test_what_is_no_list_is_refused(body: bytes, expected: Format, answer: str) -> None:
    with pytest.raises(UnexpectedFormat) as error:
        expect_list(body, expected)
    assert str(error.value) == answer


def test_every_format_has_a_decoder() -> None:
    assert set(DECODERS) == set(Format)

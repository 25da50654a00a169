"""Zipkin's v2 JSON, to and from spans."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clew.span import json_lenient
from clew.span.errors import MalformedSpans
from clew.span.model import Span
from clew.span.normal import InvalidSpan, normal_list

_decoder = msgspec.json.Decoder(list[Span])
_encoder = msgspec.json.Encoder()


def decode_list(body: bytes) -> list[Span]:
    """The spans of a JSON list, normalised. Raises MalformedSpans for the first bad one.

    The typed decoder reads what well-behaved reporters write. Only what it refuses is read again,
    by the slower reader that knows each of Zipkin's leniencies and its words for each mistake.
    """
    try:
        return normal_list(_decoder.decode(body))
    except InvalidSpan as error:
        raise MalformedSpans(str(error), "json") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return json_lenient.decode_list(body)


def encode(span: Span) -> bytes:
    """``span`` as Zipkin writes it: its order of fields, no blanks, nothing that is absent."""
    return _browser_safe(_encoder.encode(span))


def encode_list(spans: Sequence[Span]) -> bytes:
    """``spans`` as a JSON list: the answer of ``/api/v2/trace/{traceId}``."""
    return _browser_safe(_encoder.encode(spans))


def encode_traces(traces: Sequence[Sequence[Span]]) -> bytes:
    """``traces`` as a JSON list of lists: the answer of ``/api/v2/traces``."""
    return _browser_safe(_encoder.encode(traces))


def _browser_safe(encoded: bytes) -> bytes:
    # line and paragraph separator end a line in old JavaScript; Zipkin escapes them too
    return encoded.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")

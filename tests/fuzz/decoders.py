"""What is fuzzed, where it begins, and what must hold of it whatever the bytes."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable

from tests.cast import CLIENT_SPAN, changed
from tests.span.otlp_writing import as_json, as_protobuf, attribute, request, span

from clew.span import json_v1, json_v2, otlp, proto3, scribe, thrift
from clew.span.errors import MalformedSpans
from clew.span.model import Kind, Micros, Span
from clew.span.normal import normal
from clew.span.scribe import Line
from clew.span.thrift_protocol import BadThrift
from clew.trace.collect.body import BodyTooLarge, BrokenGzip, gunzip
from clew.trace.collect.columns import table
from clew.trace.collect.room import NoRoom, Room

Decode = Callable[[bytes], list[Span]]

_REFUSALS = (MalformedSpans, BadThrift, BrokenGzip, BodyTooLarge, NoRoom)
_SPANS = [CLIENT_SPAN, changed(CLIENT_SPAN, kind=Kind.SERVER, shared=True)]


def check(decode: Decode, body: bytes) -> None:
    """Every body is refused as a whole, or gives normal spans that can be stored."""
    try:
        spans = decode(body)
    except _REFUSALS:
        return
    assert list(map(normal, spans)) == spans
    assert len(table(spans, Micros(0))) == len(spans)


def _call(body: bytes) -> list[Span]:
    return scribe.read_spans(body, scribe.read_header(body), "zipkin")[0]


def _gzip(body: bytes) -> list[Span]:
    with Room(64 << 20).lease() as lease:
        gunzip(body, lease)
    return []


DECODERS: dict[str, Decode] = {
    "json_v2": json_v2.decode_list,
    "json_v1": json_v1.decode_list,
    "proto3": proto3.decode_list,
    "thrift": thrift.decode_list,
    "otlp": otlp.decode_list,
    "otlp_json": otlp.decode_json_list,
    "scribe": _call,
    "gzip": _gzip,
}
"""By the name that the command line takes."""


_V1 = json.dumps(
    [
        {
            "traceId": "463ac35c9f6413ad48485a3953bb6124",
            "id": "5b4185666d50f68b",
            "annotations": [{"timestamp": 100, "value": "cs", "endpoint": {"port": 80}}],
            "binaryAnnotations": [
                {"key": "size", "value": 12, "type": "I32"},
                {"key": "sa", "value": True, "endpoint": {"serviceName": "app"}},
            ],
        }
    ]
).encode()
_OTLP = request(
    span(name="get /", kind=2, status={"code": 2}, attributes=[attribute("a", [1, "b", 0.5])]),
    resource=[attribute("service.name", "frontend")],
)
_LINES = [Line("zipkin", base64.b64encode(thrift.encode(one))) for one in _SPANS]
SAMPLES: dict[str, list[bytes]] = {
    "json_v2": [json_v2.encode_list(_SPANS)],
    "json_v1": [_V1],
    "proto3": [proto3.encode_list(_SPANS)],
    "thrift": [thrift.encode_list(_SPANS)],
    "otlp": [as_protobuf(_OTLP)],
    "otlp_json": [as_json(_OTLP)],
    "scribe": [scribe.call(_LINES)],
    "gzip": [gzip.compress(json_v2.encode_list(_SPANS))],
}
"""Real messages of each decoder, from which the damaged ones are made."""

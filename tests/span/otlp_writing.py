"""OTLP requests for tests: one document as JSON and, by the published numbers, as protobuf."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

TRACE, SPAN = "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312"
START, END = 1_700_000_000_000_000_000, 1_700_000_000_000_001_001


def span(**fields: Any) -> dict[str, Any]:
    """A span with ids."""
    return {"traceId": TRACE, "spanId": SPAN} | fields


def request(
    *spans: dict[str, Any], resource: Any = (), scope: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A request of one resource and one scope."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": list(resource)},
                "scopeSpans": [{"scope": scope or {}, "spans": list(spans)}],
            }
        ]
    }


def attribute(key: str, value: Any) -> dict[str, Any]:
    """``value`` as an AnyValue."""
    return {"key": key, "value": any_value(value)}


def any_value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": [any_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": [attribute(k, v) for k, v in value.items()]}}
    raise TypeError(value)


def as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def as_protobuf(document: dict[str, Any]) -> bytes:
    return _message("Request", document)


_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Request": {"resourceSpans": (1, "ResourceSpans")},
    "ResourceSpans": {"resource": (1, "Resource"), "scopeSpans": (2, "ScopeSpans")},
    "Resource": {"attributes": (1, "KeyValue")},
    "ScopeSpans": {"scope": (1, "Scope"), "spans": (2, "Span")},
    "Scope": {"name": (1, "text"), "version": (2, "text"), "attributes": (3, "KeyValue")},
    "Span": {
        "traceId": (1, "hex"),
        "spanId": (2, "hex"),
        "traceState": (3, "text"),
        "parentSpanId": (4, "hex"),
        "name": (5, "text"),
        "kind": (6, "varint"),
        "startTimeUnixNano": (7, "fixed64"),
        "endTimeUnixNano": (8, "fixed64"),
        "attributes": (9, "KeyValue"),
        "droppedAttributesCount": (10, "varint"),
        "events": (11, "Event"),
        "droppedEventsCount": (12, "varint"),
        "links": (13, "Link"),
        "droppedLinksCount": (14, "varint"),
        "status": (15, "Status"),
    },
    "Event": {
        "timeUnixNano": (1, "fixed64"),
        "name": (2, "text"),
        "attributes": (3, "KeyValue"),
        "droppedAttributesCount": (4, "varint"),
    },
    "Link": {
        "traceId": (1, "hex"),
        "spanId": (2, "hex"),
        "traceState": (3, "text"),
        "attributes": (4, "KeyValue"),
        "droppedAttributesCount": (5, "varint"),
    },
    "Status": {"message": (2, "text"), "code": (3, "varint")},
    "KeyValue": {"key": (1, "text"), "value": (2, "AnyValue")},
    "AnyValue": {
        "stringValue": (1, "text"),
        "boolValue": (2, "varint"),
        "intValue": (3, "varint"),
        "doubleValue": (4, "double"),
        "arrayValue": (5, "ArrayValue"),
        "kvlistValue": (6, "KeyValueList"),
        "bytesValue": (7, "base64"),
    },
    "ArrayValue": {"values": (1, "AnyValue")},
    "KeyValueList": {"values": (1, "KeyValue")},
}


def _message(name: str, document: dict[str, Any]) -> bytes:
    return b"".join(
        _field(*_MESSAGES[name][key], item)
        for key, value in document.items()
        for item in (value if isinstance(value, list) else [value])
    )


def _field(number: int, kind: str, value: Any) -> bytes:
    match kind:
        case "varint":
            return _varint(number << 3) + _varint(int(value))
        case "fixed64":
            return _varint(number << 3 | 1) + struct.pack("<Q", int(value))
        case "double":
            return _varint(number << 3 | 1) + struct.pack("<d", value)
        case "text":
            raw = str(value).encode()
        case "hex":
            raw = bytes.fromhex(value)
        case "base64":
            raw = base64.b64decode(value)
        case _:
            raw = _message(kind, value)
    return field(number, raw)


def field(number: int, raw: bytes) -> bytes:
    """A message, a text or bytes as a field of a message."""
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])

"""Zipkin's v1 JSON, read as its own reader does; see :mod:`clew.span.json_values`."""

from __future__ import annotations

import re
from typing import Any

from clew.span.json_values import (
    array,
    boolean,
    endpoint,
    is_written_as_text,
    long,
    object_,
    optional,
    read_list,
    text,
)
from clew.span.model import Span
from clew.span.normal import InvalidSpan
from clew.span.v1 import ADDRESSES, BinaryAnnotation, V1Annotation, V1Span
from clew.span.v1_to_v2 import to_v2


def decode_list(body: bytes) -> list[Span]:
    """The spans of a JSON list, as v2. Raises MalformedSpans for the first bad one."""
    return [side for sides in read_list(body, _sides) for side in sides]


def _sides(fields: dict[str, Any], path: str) -> list[Span]:
    # unlike an optional field, an id may not be null
    ids = {
        name: _id(fields[name], f"{path}.{name}") for name in ("traceId", "id") if name in fields
    }
    return to_v2(
        V1Span(
            trace_id=ids.get("traceId", 0),
            id=ids.get("id", 0) & 0xFFFF_FFFF_FFFF_FFFF,
            parent_id=optional(_id, fields, "parentId", path) or 0,
            name=optional(text, fields, "name", path),
            timestamp=optional(long, fields, "timestamp", path) or 0,
            duration=optional(long, fields, "duration", path) or 0,
            annotations=optional(_annotations, fields, "annotations", path) or (),
            binary_annotations=optional(_binary_annotations, fields, "binaryAnnotations", path)
            or (),
            debug=optional(boolean, fields, "debug", path) or False,
        )
    )


def _id(value: Any, path: str) -> int:
    """64 bits, or all 128 of 32 characters: between the two, v1 forgets the upper ones."""
    digits = text(value, path)
    if not _HEX.fullmatch(digits):
        raise InvalidSpan(
            f"{digits[:100]} should be a 1 to 32 character lower-hex string with no prefix"
        )
    return int(digits if len(digits) == 32 else digits[-16:], 16)


def _annotations(value: Any, path: str) -> list[V1Annotation]:
    items = array(value, path)
    return [_annotation(object_(item), f"{path}[{index}]") for index, item in enumerate(items)]


def _annotation(fields: dict[str, Any], path: str) -> V1Annotation:
    if "timestamp" not in fields or "value" not in fields:
        raise InvalidSpan(f"Incomplete annotation at {path}")
    return V1Annotation(
        timestamp=long(fields["timestamp"], f"{path}.timestamp"),
        value=text(fields["value"], f"{path}.value"),
        endpoint=optional(endpoint, fields, "endpoint", path),
    )


def _binary_annotations(value: Any, path: str) -> list[BinaryAnnotation]:
    items = [
        _binary_annotation(object_(item), f"{path}[{index}]")
        for index, item in enumerate(array(value, path))
    ]
    return [item for item in items if item]


def _binary_annotation(fields: dict[str, Any], path: str) -> BinaryAnnotation | None:
    """None for a type that v2 does not have: bytes and numbers, of a time before tags."""
    key = optional(text, fields, "key", path)
    if key is None:
        raise InvalidSpan(f"No key at {path}")
    value = fields.get("value")
    where = optional(endpoint, fields, "endpoint", path)
    if is_written_as_text(value):
        return BinaryAnnotation(key, text(value, path), where)
    if value is True and key in ADDRESSES:
        return BinaryAnnotation(key, "", where)
    return None


_HEX = re.compile(r"[0-9a-f]{1,32}")

"""Zipkin's v2 JSON as Zipkin's own reader takes it.

Unknown fields may have any shape; for values see :mod:`clew.span.json_values`. Reads what
:mod:`clew.span.json_v2` refuses; for both readers one bad span refuses the list.
"""

from __future__ import annotations

from typing import Any

from clew.span.json_values import array, boolean, endpoint, long, object_, optional, read_list, text
from clew.span.model import Annotation, Kind, Micros, Span
from clew.span.normal import InvalidSpan, new_span


def decode_list(body: bytes) -> list[Span]:
    """The spans of a JSON list, normalised. Raises MalformedSpans for the first bad one."""
    return read_list(body, _span)


def _span(fields: dict[str, Any], path: str) -> Span:
    for required in ("traceId", "id"):
        if required not in fields:
            raise InvalidSpan(f"Missing : {required}")
    return new_span(
        trace_id=text(fields["traceId"], f"{path}.traceId"),
        id=text(fields["id"], f"{path}.id"),
        parent_id=optional(text, fields, "parentId", path),
        kind=optional(_kind, fields, "kind", path),
        name=optional(text, fields, "name", path),
        timestamp=optional(long, fields, "timestamp", path),
        duration=optional(long, fields, "duration", path),
        local_endpoint=optional(endpoint, fields, "localEndpoint", path),
        remote_endpoint=optional(endpoint, fields, "remoteEndpoint", path),
        annotations=optional(_annotations, fields, "annotations", path) or (),
        tags=optional(_tags, fields, "tags", path) or {},
        debug=optional(boolean, fields, "debug", path) or False,
        shared=optional(boolean, fields, "shared", path) or False,
    )


def _kind(value: Any, path: str) -> Kind:
    name = text(value, path)
    if name not in Kind.__members__:
        raise InvalidSpan(f"No enum constant zipkin2.Span.Kind.{name[:100]}")
    return Kind[name]


def _annotations(value: Any, path: str) -> list[Annotation]:
    items = array(value, path)
    return [_annotation(object_(item), f"{path}[{index}]") for index, item in enumerate(items)]


def _annotation(fields: dict[str, Any], path: str) -> Annotation:
    if "timestamp" not in fields or "value" not in fields:
        raise InvalidSpan(f"Incomplete annotation at {path}")
    return Annotation(
        timestamp=Micros(long(fields["timestamp"], f"{path}.timestamp")),
        value=text(fields["value"], f"{path}.value"),
    )


def _tags(value: Any, path: str) -> dict[str, str]:
    tags = {}
    for key, tag in object_(value).items():
        if tag is None:
            raise InvalidSpan(f"No value at {path}.{key[:100]}")
        tags[text(key, path)] = text(tag, f"{path}.{key[:100]}")
    return tags

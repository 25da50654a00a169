"""Zipkin's v2 JSON as Zipkin's own reader takes it: its leniencies, and its words for mistakes.

Numbers may be quoted or written as ``12.0`` and ``1e3``, a tag may be a number, ``null`` is
nothing, unknown fields may have any shape, and whatever follows the list is ignored. Reads what
:mod:`clew.span.json_v2` refuses; for both readers one bad span refuses the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from clew.span.errors import MalformedSpans
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import InvalidSpan, new_endpoint, new_span

T = TypeVar("T")


class _Number(str):
    """A number as it was written: a tag keeps its text, a timestamp may not have a fraction."""


class _NotJson(ValueError):
    """What no reader takes for JSON."""


def decode_list(body: bytes) -> list[Span]:
    """The spans of a JSON list, normalised. Raises MalformedSpans for the first bad one."""
    try:
        items = _parse(body.decode("utf-8", "replace"))
        if not isinstance(items, list):
            raise _NotJson
        return [_span(_object(item), f"$[{index}]") for index, item in enumerate(items)]
    except InvalidSpan as error:
        raise MalformedSpans(str(error), "json") from error
    except (_NotJson, RecursionError) as error:
        raise MalformedSpans("Malformed", "json") from error


def _span(fields: dict[str, Any], path: str) -> Span:
    for required in ("traceId", "id"):
        if required not in fields:
            raise InvalidSpan(f"Missing : {required}")
    return new_span(
        trace_id=_text(fields["traceId"], f"{path}.traceId"),
        id=_text(fields["id"], f"{path}.id"),
        parent_id=_optional(_text, fields, "parentId", path),
        kind=_optional(_kind, fields, "kind", path),
        name=_optional(_text, fields, "name", path),
        timestamp=_optional(_long, fields, "timestamp", path),
        duration=_optional(_long, fields, "duration", path),
        local_endpoint=_optional(_endpoint, fields, "localEndpoint", path),
        remote_endpoint=_optional(_endpoint, fields, "remoteEndpoint", path),
        annotations=_optional(_annotations, fields, "annotations", path) or (),
        tags=_optional(_tags, fields, "tags", path) or {},
        debug=_optional(_bool, fields, "debug", path) or False,
        shared=_optional(_bool, fields, "shared", path) or False,
    )


def _optional(
    read: Callable[[Any, str], T], fields: dict[str, Any], name: str, path: str
) -> T | None:
    value = fields.get(name)
    return None if value is None else read(value, f"{path}.{name}")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidSpan(f"Expected a string but was {_token(value)} at path {path}")
    # half of a surrogate pair cannot be stored; Java writes a question mark for it
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _long(value: Any, path: str) -> int:
    if not isinstance(value, str):
        raise InvalidSpan(f"Expected a long but was {_token(value)} at path {path}")
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value) and float(value).is_integer():
        return int(float(value))
    raise InvalidSpan(f"Expected a long but was {value[:100]} at path {path}")


def _bool(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidSpan(f"Expected a boolean but was {_token(value)} at path {path}")
    return value


def _kind(value: Any, path: str) -> Kind:
    name = _text(value, path)
    if name not in Kind.__members__:
        raise InvalidSpan(f"No enum constant zipkin2.Span.Kind.{name[:100]}")
    return Kind[name]


def _endpoint(value: Any, path: str) -> Endpoint | None:
    fields = _object(value)
    return new_endpoint(
        service_name=_optional(_text, fields, "serviceName", path),
        ipv4=_optional(_text, fields, "ipv4", path),
        ipv6=_optional(_text, fields, "ipv6", path),
        port=_optional(_long, fields, "port", path),
    )


def _annotations(value: Any, path: str) -> list[Annotation]:
    if not isinstance(value, list):
        raise InvalidSpan(f"Expected BEGIN_ARRAY but was {_token(value)} at path {path}")
    return [_annotation(_object(item), f"{path}[{index}]") for index, item in enumerate(value)]


def _annotation(fields: dict[str, Any], path: str) -> Annotation:
    if "timestamp" not in fields or "value" not in fields:
        raise InvalidSpan(f"Incomplete annotation at {path}")
    return Annotation(
        timestamp=Micros(_long(fields["timestamp"], f"{path}.timestamp")),
        value=_text(fields["value"], f"{path}.value"),
    )


def _tags(value: Any, path: str) -> dict[str, str]:
    tags = {}
    for key, tag in _object(value).items():
        if tag is None:
            raise InvalidSpan(f"No value at {path}.{key[:100]}")
        tags[_text(key, path)] = _text(tag, f"{path}.{key[:100]}")
    return tags


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _NotJson
    return value


def _token(value: Any) -> str:
    """What Gson, which Zipkin reads with, calls the token that ``value`` begins with."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "BOOLEAN"
        case _Number():
            return "NUMBER"
        case str():
            return "STRING"
        case list():
            return "BEGIN_ARRAY"
        case _:
            return "BEGIN_OBJECT"


def _parse(text: str) -> Any:
    """The first JSON value in ``text``; what follows it is ignored."""
    text = _LITERALS.sub(lambda match: match[0] if match[0][0] == '"' else match[0].lower(), text)
    try:
        value, _ = _json.raw_decode(text.lstrip())
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc) or error.msg.startswith("Unterminated"):
            line, column = error.doc.count("\n") + 1, len(error.doc) - error.doc.rfind("\n")
            raise InvalidSpan(f"End of input at line {line} column {column}") from error
        raise _NotJson from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJson(name)  # NaN and Infinity, which Python takes and JSON does not have


_json = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant, strict=False
)
# a string, also one that the end of the text cuts off, or a literal in any case (TRUE)
_LITERALS = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|true|false|null', re.IGNORECASE | re.DOTALL
)
# no long has more than 19 digits, and Python refuses to read very long numbers
_INTEGER = re.compile(r"-?[0-9]{1,30}")
_FLOAT = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")

"""JSON values as Zipkin's reader takes them: its leniencies, and its words for mistakes.

Numbers may be quoted or written as ``12.0`` and ``1e3``, a text may be a number, ``null`` is
nothing, and whatever follows the first value is ignored. Both versions of the format are read so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from clew.span.errors import MalformedSpans
from clew.span.model import Endpoint
from clew.span.normal import InvalidSpan, new_endpoint

T = TypeVar("T")


class NotJson(ValueError):
    """What no reader takes for JSON, or has another shape than a list of spans."""


class _Number(str):
    """A number as it was written: a tag keeps its text, a timestamp may not have a fraction."""


def read_list(body: bytes, read: Callable[[dict[str, Any], str], T]) -> list[T]:
    """What ``read`` makes of each object of a JSON list; it is also given the object's path.

    Raises MalformedSpans for the first that is bad.
    """
    try:
        items = _parse(body.decode("utf-8", "replace"))
        if not isinstance(items, list):
            raise NotJson
        return [read(object_(item), f"$[{index}]") for index, item in enumerate(items)]
    except InvalidSpan as error:
        raise MalformedSpans(str(error), "json") from error
    except (NotJson, RecursionError) as error:
        raise MalformedSpans("Malformed", "json") from error


def optional(
    read: Callable[[Any, str], T], fields: dict[str, Any], name: str, path: str
) -> T | None:
    """The field ``name`` of the object at ``path``; None when it is absent or null."""
    value = fields.get(name)
    return None if value is None else read(value, f"{path}.{name}")


def text(value: Any, path: str) -> str:
    """A string, or a number as it was written."""
    if not isinstance(value, str):
        raise InvalidSpan(f"Expected a string but was {_token(value)} at path {path}")
    # half of a surrogate pair cannot be stored; Java writes a question mark for it
    return str(value) if value.isascii() else value.encode("utf-8", "replace").decode()


def long(value: Any, path: str) -> int:
    """A whole number."""
    if not isinstance(value, str):
        raise InvalidSpan(f"Expected a long but was {_token(value)} at path {path}")
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value) and float(value).is_integer():
        return int(float(value))
    raise InvalidSpan(f"Expected a long but was {value[:100]} at path {path}")


def boolean(value: Any, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidSpan(f"Expected a boolean but was {_token(value)} at path {path}")
    return value


def array(value: Any, path: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise InvalidSpan(f"Expected BEGIN_ARRAY but was {_token(value)} at path {path}")
    return value


def object_(value: Any) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise NotJson
    return value


def endpoint(value: Any, path: str) -> Endpoint | None:
    """An endpoint; None when nothing is in it."""
    fields = object_(value)
    return new_endpoint(
        service_name=optional(text, fields, "serviceName", path),
        ipv4=optional(text, fields, "ipv4", path),
        ipv6=optional(text, fields, "ipv6", path),
        port=optional(long, fields, "port", path),
    )


def is_written_as_text(value: Any) -> bool:
    """Whether ``value`` stands in quotes."""
    return isinstance(value, str) and not isinstance(value, _Number)


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
        raise NotJson from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(name)  # NaN and Infinity, which Python takes and JSON does not have


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

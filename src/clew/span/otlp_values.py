"""Attribute values of OTLP (``AnyValue`` as it stands on the wire) as the texts that tags are."""

from __future__ import annotations

import base64
import functools
import json
import math
from collections.abc import Iterable
from typing import Any

from clew.span.otlp_messages import AnyValue, KeyValue

_STRING_KEY = 1 << 3 | 2  # field 1 of AnyValue, length-delimited
_KEY_KEY, _VALUE_KEY = 1 << 3 | 2, 2 << 3 | 2  # fields 1 and 2 of KeyValue, likewise
_LONGEST_KEPT = 64
"""Bytes of an attribute that is remembered: a cache must not grow with what is in it."""
DEEPEST = 32
"""How deep lists and maps may nest. Each level copies what is in it."""


class TooDeep(ValueError):
    """An attribute nests deeper than anything that means something."""

    def __init__(self) -> None:
        super().__init__(f"An attribute nests deeper than {DEEPEST} levels")


def texts(attributes: Iterable[bytes]) -> dict[str, str]:
    """``KeyValue`` messages as tags. Raises TooDeep, and DecodeError."""
    return dict([_known_tag(raw) if len(raw) <= _LONGEST_KEPT else _tag(raw) for raw in attributes])


def json_object(attributes: Iterable[bytes], extra: dict[str, Any]) -> str:
    """``KeyValue`` messages, and ``extra``, as a JSON object. Raises as :func:`texts` does."""
    return _json(_plain_items(attributes, DEEPEST) | extra)


def quoted(value: bytes) -> str:
    """A text as a JSON string."""
    return _json(text(value))


def text(value: bytes) -> str:
    """Bytes that are said to be UTF-8; what is not becomes U+FFFD."""
    return value.decode("utf-8", "replace")


def _tag(raw: bytes) -> tuple[str, str]:
    size = len(raw)
    if 4 < size < 0x80 and raw[0] == _KEY_KEY:
        at = raw[1] + 2  # where the value begins
        left = size - at
        # nearly every one is a short key, then a short string, and nothing else
        if left >= 4 and raw[at : at + 4] == bytes((_VALUE_KEY, left - 2, _STRING_KEY, left - 4)):
            return text(raw[2:at]), text(raw[at + 4 :])
    item = KeyValue.FromString(raw)
    return text(item.key), _value_text(item.value)


_known_tag = functools.lru_cache(maxsize=8192)(_tag)


def _value_text(raw: bytes) -> str:
    """A string as it is, and other values as in JSON."""
    size = len(raw)
    if size > 1 and raw[0] == _STRING_KEY and raw[1] == size - 2 < 0x80:
        return text(raw[2:])  # most values are a short string and nothing else
    value = _plain(raw, DEEPEST)
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _plain(raw: bytes, depth: int) -> Any:
    """What JSON has for a value: bytes are base64, and no number is a text."""
    if not depth:
        raise TooDeep
    message = AnyValue.FromString(raw)
    match message.WhichOneof("value"):
        case "string_value":
            return text(message.string_value)
        case "bytes_value":
            return base64.b64encode(message.bytes_value).decode()
        case "double_value":
            return _finite(message.double_value)
        case "array_value":
            return [_plain(item, depth - 1) for item in message.array_value.values]
        case "kvlist_value":
            return _plain_items(message.kvlist_value.values, depth - 1)
        case None:
            return None
        case scalar:
            return getattr(message, scalar)


def _plain_items(attributes: Iterable[bytes], depth: int) -> dict[str, Any]:
    items = map(KeyValue.FromString, attributes)
    return {text(item.key): _plain(item.value, depth) for item in items}


def _finite(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""OTLP's JSON, turned into the message that its protobuf is.

Names are read in lowerCamelCase and in snake_case, ids are hexadecimal, numbers of 64 bits may be
texts, ``null`` is nothing, and unknown fields are passed over.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from clew.span.otlp_messages import (
    AnyValue,
    EventMessage,
    ExportTraceServiceRequest,
    KeyValue,
    LinkMessage,
    ResourceSpans,
    ScopeSpans,
    SpanMessage,
)
from clew.span.otlp_values import DEEPEST, TooDeep

_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES = ("UNSET", "OK", "ERROR")
_LONG = 2**63


class NotARequest(ValueError):
    """JSON that is no ExportTraceServiceRequest; ``str`` of it says where and why."""


def request_from_json(body: bytes) -> Any:
    """The ``ExportTraceServiceRequest`` in ``body``. Raises NotARequest and TooDeep."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotARequest("Malformed") from error
    message = ExportTraceServiceRequest()
    for item in _Object(document, "$").objects("resourceSpans"):
        message.resource_spans.append(_resource_spans(item))
    return message


class _Object:
    """A JSON object and its path. A reader that finds another type raises NotARequest."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise NotARequest(f"Expected an object at {path}")
        self.path = path
        self._fields: dict[str, Any] = value

    def get(self, name: str) -> Any:
        """The field, by either of its names; None when it is absent or null."""
        value = self._fields.get(name)
        return self._fields.get(_snake(name)) if value is None else value

    def object(self, name: str) -> _Object | None:
        value = self.get(name)
        return None if value is None else _Object(value, f"{self.path}.{name}")

    def objects(self, name: str) -> Iterator[_Object]:
        for index, item in enumerate(_list(self.get(name), f"{self.path}.{name}")):
            yield _Object(item, f"{self.path}.{name}[{index}]")

    def text(self, name: str) -> bytes:
        return _text(self.get(name), f"{self.path}.{name}")

    def id(self, name: str) -> bytes:
        """Bytes in hexadecimal; none when they are not: such an id rejects its span only."""
        try:
            return binascii.unhexlify(self.text(name))
        except ValueError:
            return b""

    def number(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, or a text that is one."""
        return _number(self.get(name), f"{self.path}.{name}", low, high)

    def nanos(self, name: str) -> int:
        return self.number(name, 0, 2 * _LONG - 1)

    def count(self, name: str) -> int:
        return self.number(name, 0, 2**32 - 1)

    def enum(self, name: str, prefix: str, members: tuple[str, ...]) -> int:
        """A number; the published mapping forbids names, and some senders write them."""
        value = self.get(name)
        if isinstance(value, str) and value.removeprefix(prefix) in members:
            return members.index(value.removeprefix(prefix))
        return self.number(name, -(2**31), 2**31 - 1)


def _resource_spans(source: _Object) -> bytes:
    message = ResourceSpans()
    if resource := source.object("resource"):
        message.resource.attributes.extend(_attributes(resource))
    message.scope_spans.extend(map(_scope_spans, source.objects("scopeSpans")))
    return _encoded(message)


def _scope_spans(source: _Object) -> bytes:
    message = ScopeSpans()
    if scope := source.object("scope"):
        message.scope.name = scope.text("name")
        message.scope.version = scope.text("version")
        message.scope.attributes.extend(_attributes(scope))
    message.spans.extend(map(_span, source.objects("spans")))
    return _encoded(message)


def _span(source: _Object) -> bytes:
    message = SpanMessage(
        trace_id=source.id("traceId"),
        span_id=source.id("spanId"),
        parent_span_id=_parent_id(source),
        trace_state=source.text("traceState"),
        name=source.text("name"),
        kind=source.enum("kind", "SPAN_KIND_", _KINDS),
        start_time_unix_nano=source.nanos("startTimeUnixNano"),
        end_time_unix_nano=source.nanos("endTimeUnixNano"),
        attributes=_attributes(source),
        dropped_attributes_count=source.count("droppedAttributesCount"),
        events=map(_event, source.objects("events")),
        dropped_events_count=source.count("droppedEventsCount"),
        links=map(_link, source.objects("links")),
        dropped_links_count=source.count("droppedLinksCount"),
    )
    if status := source.object("status"):
        message.status.message = status.text("message")
        message.status.code = status.enum("code", "STATUS_CODE_", _STATUS_CODES)
    return _encoded(message)


def _event(source: _Object) -> bytes:
    return _encoded(
        EventMessage(
            time_unix_nano=source.nanos("timeUnixNano"),
            name=source.text("name"),
            attributes=_attributes(source),
            dropped_attributes_count=source.count("droppedAttributesCount"),
        )
    )


def _link(source: _Object) -> bytes:
    return _encoded(
        LinkMessage(
            trace_id=source.id("traceId"),
            span_id=source.id("spanId"),
            trace_state=source.text("traceState"),
            attributes=_attributes(source),
            dropped_attributes_count=source.count("droppedAttributesCount"),
        )
    )


def _parent_id(source: _Object) -> bytes:
    """The parent's id; one that is not hexadecimal must not make a root of its span."""
    return source.id("parentSpanId") or source.text("parentSpanId")[:1]


def _attributes(source: _Object, name: str = "attributes", depth: int = DEEPEST) -> list[bytes]:
    return [
        _encoded(
            KeyValue(key=item.text("key"), value=_any_value(item.get("value"), item.path, depth))
        )
        for item in source.objects(name)
    ]


def _any_value(value: Any, path: str, depth: int) -> bytes:
    """An ``AnyValue`` on the wire; nothing at all for an empty one."""
    if value is None:
        return b""
    if not depth:
        raise TooDeep
    source, message = _Object(value, path), AnyValue()
    for name, read in _VALUES.items():
        found = source.get(name)
        if found is not None:
            setattr(message, _snake(name), read(found, path))
    if array := source.object("arrayValue"):
        items = _list(array.get("values"), path)
        message.array_value.SetInParent()
        message.array_value.values.extend(_any_value(item, path, depth - 1) for item in items)
    if kvlist := source.object("kvlistValue"):
        message.kvlist_value.SetInParent()
        message.kvlist_value.values.extend(_attributes(kvlist, "values", depth - 1))
    return _encoded(message)


def _encoded(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


def _text(value: Any, path: str) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise NotARequest(f"Expected a text at {path}")
    return value.encode("utf-8", "replace")


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise NotARequest(f"Expected a boolean at {path}")
    return value


def _number(value: Any, path: str, low: int, high: int) -> int:
    if value is None:
        return 0
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise NotARequest(f"Expected a whole number at {path}")
    return value


def _double(value: Any, path: str) -> float:
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        if re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", value):
            return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise NotARequest(f"Expected a number at {path}")


def _bytes(value: Any, path: str) -> bytes:
    try:
        # either alphabet, and padding may be left out
        text = _text(value, path).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise NotARequest(f"Expected base64 at {path}") from error


def _list(value: Any, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotARequest(f"Expected a list at {path}")
    return value


_VALUES: dict[str, Callable[[Any, str], Any]] = {
    "stringValue": _text,
    "boolValue": _boolean,
    "intValue": lambda value, path: _number(value, path, -_LONG, _LONG - 1),
    "doubleValue": _double,
    "bytesValue": _bytes,
}


@functools.cache
def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)

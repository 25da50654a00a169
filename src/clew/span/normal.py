"""The rules that make a span normal: what ``zipkin2.Span.Builder`` and ``Endpoint.Builder`` do.

Every reader ends here, so reports of one span in two formats are equal. A value that no rule can
repair raises :class:`InvalidSpan` in Zipkin's words; the reader adds which format it was reading.
"""

from __future__ import annotations

import functools
import ipaddress
import operator
from collections.abc import Iterable, Mapping

import msgspec

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span

LONG_MAX = 2**63 - 1
_LONG_MIN = -(2**63)
_HEX = "0123456789abcdef"
_ZEROS = "0" * 16
_LONGEST_ADDRESS = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")
_NO_TAGS: dict[str, str] = {}


class InvalidSpan(ValueError):
    """A value that makes the whole span unusable, said as Zipkin says it."""


def new_span(
    *,
    trace_id: str,
    id: str,
    parent_id: str | None = None,
    kind: Kind | None = None,
    name: str | None = None,
    timestamp: int | None = None,
    duration: int | None = None,
    local_endpoint: Endpoint | None = None,
    remote_endpoint: Endpoint | None = None,
    annotations: Iterable[Annotation] = (),
    tags: Mapping[str, str] = _NO_TAGS,
    debug: bool = False,
    shared: bool = False,
) -> Span:
    """A normal span. Endpoints are taken as they are: make them with :func:`new_endpoint`."""
    own = span_id(id)
    parent = None if parent_id is None else _parent_id(parent_id)
    return Span(
        trace_id=normal_trace_id(trace_id),
        parent_id=None if parent == own else parent,
        id=own,
        kind=kind,
        name=name.lower() if name else None,
        timestamp=_positive(timestamp),
        duration=_positive(duration),
        local_endpoint=local_endpoint,
        remote_endpoint=remote_endpoint,
        annotations=_sorted_annotations(annotations) if annotations else (),
        tags={key: tags[key] for key in sorted(tags)} if tags else {},
        debug=debug,
        # a client makes ids, it never joins one
        shared=shared and kind is not Kind.CLIENT,
    )


def normal(span: Span) -> Span:
    """``span`` itself when it keeps every rule already, else a copy that does."""
    keys = sorted(span.tags)
    if keys != list(span.tags):  # what most reporters need, so it is not left to new_span
        span = msgspec.structs.replace(span, tags={key: span.tags[key] for key in keys})
    local, remote = span.local_endpoint, span.remote_endpoint
    local = None if local is None else normal_endpoint(local)
    remote = None if remote is None else normal_endpoint(remote)
    if local is span.local_endpoint and remote is span.remote_endpoint and _is_normal(span):
        return span
    return new_span(
        trace_id=span.trace_id,
        id=span.id,
        parent_id=span.parent_id,
        kind=span.kind,
        name=span.name,
        timestamp=span.timestamp,
        duration=span.duration,
        local_endpoint=local,
        remote_endpoint=remote,
        annotations=span.annotations,
        tags=span.tags,
        debug=span.debug,
        shared=span.shared,
    )


def new_endpoint(
    *,
    service_name: str | None = None,
    ipv4: str | None = None,
    ipv6: str | None = None,
    port: int | None = None,
) -> Endpoint | None:
    """A normal endpoint, None when nothing is in it. Either address may come in either place.

    Addresses that come as bytes are first turned to text by :func:`packed_address`.
    """
    if port and port > 0xFFFF:
        raise InvalidSpan(f"invalid port {port}")
    four, six = None, None
    for text in (ipv4, ipv6):
        if text:
            as_four, as_six = read_address(text)
            four, six = as_four or four, as_six or six
    if not (service_name or four or six or (port and port > 0)):
        return None
    return Endpoint(
        service_name=service_name.lower() if service_name else None,
        ipv4=four,
        ipv6=six,
        port=port if port and port > 0 else None,
    )


def normal_list(spans: list[Span]) -> list[Span]:
    """``normal`` of each. Nearly every list is normal already, and soonest seen as a whole.

    Raises InvalidSpan for the first bad one.
    """
    return spans if _are_normal(spans) else list(map(normal, spans))


def normal_endpoint(endpoint: Endpoint) -> Endpoint | None:
    """``endpoint`` itself when it keeps every rule, else what :func:`new_endpoint` makes."""
    service, port = endpoint.service_name, endpoint.port
    four, six = endpoint.ipv4, endpoint.ipv6
    if (
        (service is None or (service and service == service.lower()))
        and (four is None or read_address(four)[0] == four)
        and (six is None or read_address(six)[1] == six)
        and (port is None or 0 < port <= 0xFFFF)
        and (service or four or six or port)
    ):
        return endpoint
    return new_endpoint(service_name=service, ipv4=four, ipv6=six, port=port)


def read_address(text: str) -> tuple[str | None, str | None]:
    """The address in ``text`` as (ipv4, ipv6), one of which is None; both when it is not one."""
    return _read_address(text) if len(text) <= _LONGEST_ADDRESS else (None, None)


@functools.lru_cache(maxsize=16_384)
def _read_address(text: str) -> tuple[str | None, str | None]:
    try:
        if "%" in text:  # a zone means something on one host only
            return None, None
        if ":" not in text:
            return str(ipaddress.IPv4Address(text)), None
        if "." in text:
            head, _, dotted = text.rpartition(":")
            embeds_ipv4 = head.lower() in ("::ffff", ":", "::0000", "::0")
            return (str(ipaddress.IPv4Address(dotted)) if embeds_ipv4 else None), None
        return None, _ipv6_text(ipaddress.IPv6Address(text))
    except ValueError:
        return None, None


def packed_address(raw: bytes) -> tuple[str | None, str | None]:
    """The address of 4 or 16 bytes as (ipv4, ipv6); any other length is no address."""
    if len(raw) == 4:
        return _dotted(raw), None
    if len(raw) != 16:
        return None, None
    # ::1 is the one address with 96 zero bits that is meant as IPv6
    if not any(raw[:12]) and raw[12:] != b"\0\0\0\1":
        return _dotted(raw[12:]), None
    return None, _packed_ipv6(raw)


def normal_trace_id(text: str) -> str:
    """16 or 32 lower-hex characters; 32 only when the high half is not zero."""
    if len(text) in (16, 32) and text[0] != "0" and not text.strip(_HEX):
        return text  # nearly every id takes this way
    if len(text) > 32:
        raise InvalidSpan("traceId.length > 32")
    if not text:
        raise InvalidSpan("traceId is empty")
    significant = _checked_hex(text).lstrip("0")
    if not significant:
        raise InvalidSpan("traceId is all zeros")
    return significant.rjust(16 if len(significant) <= 16 else 32, "0")


def span_id(text: str) -> str:
    """16 lower-hex characters, not all zeros."""
    padded = _padded16(text, "id")
    if padded == _ZEROS:
        raise InvalidSpan("id is all zeros")
    return padded


def _parent_id(text: str) -> str | None:
    padded = _padded16(text, "parentId")
    return None if padded == _ZEROS else padded


def _padded16(text: str, field: str) -> str:
    if len(text) == 16:
        return _checked_hex(text)
    if len(text) > 16:
        raise InvalidSpan(f"{field}.length > 16")
    if not text:
        raise InvalidSpan(f"{field} is empty")
    return _checked_hex(text).rjust(16, "0")


def _checked_hex(text: str) -> str:
    if text.strip(_HEX):
        raise InvalidSpan(f"{text} should be lower-hex encoded with no prefix")
    return text


def _positive(value: int | None) -> Micros | None:
    if value is None or value <= 0:
        return None
    return Micros(_long(value))


def _long(value: int) -> int:
    if not _LONG_MIN <= value <= LONG_MAX:
        raise InvalidSpan(f"Expected a long but was {value}")
    return value


def _sorted_annotations(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    unique = sorted(set(annotations))
    for annotation in unique:
        _long(annotation.timestamp)
    return tuple(unique)


def _are_normal(spans: list[Span]) -> bool:
    """Whether each of ``spans`` keeps every rule; False also where that takes a closer look."""
    ids, parents = [span.id for span in spans], [span.parent_id for span in spans]
    trace_ids = [span.trace_id for span in spans]
    known_parents = [parent for parent in parents if parent is not None]
    names = [span.name for span in spans if span.name is not None]
    all_names = "\n".join(names)
    times = [time for span in spans for time in (span.timestamp, span.duration) if time is not None]
    endpoints = {span.local_endpoint for span in spans} | {span.remote_endpoint for span in spans}
    return (
        set(map(len, trace_ids)) <= {16, 32}
        and set(map(len, ids + known_parents)) <= {16}
        and _is_hex("".join(trace_ids + ids + known_parents))
        and "0" not in [trace_id[0] for trace_id in trace_ids]
        and _ZEROS not in ids
        and _ZEROS not in known_parents
        and True not in map(operator.eq, ids, parents)
        and "" not in names
        and all_names == all_names.lower()
        and (not times or 0 < min(times) <= max(times) <= LONG_MAX)
        and all(map(_keeps_endpoint, endpoints))
        and all(list(keys) == sorted(keys) for keys in {tuple(span.tags) for span in spans})
        and not any([span.annotations for span in spans])
        and not any([span.shared and span.kind is Kind.CLIENT for span in spans])
    )


def _keeps_endpoint(endpoint: Endpoint | None) -> bool:
    try:
        return endpoint is None or normal_endpoint(endpoint) is endpoint
    except InvalidSpan:
        return False


def _is_hex(text: str) -> bool:
    """Whether ``text`` is lower-hex characters of whole bytes."""
    try:
        return len(bytes.fromhex(text)) * 2 == len(text) and text == text.lower()
    except ValueError:
        return False


def _is_normal(span: Span) -> bool:
    """Whether :func:`new_span` would give the same, if only tags and endpoints are right.

    Raises InvalidSpan for a bad id.
    """
    name = span.name
    return (
        (_ids_are_usual(span) or _ids_are_normal(span))
        and (name is None or (bool(name) and name == name.lower()))
        and (span.timestamp is None or 0 < span.timestamp <= LONG_MAX)
        and (span.duration is None or 0 < span.duration <= LONG_MAX)
        and (not span.annotations or _sorted_annotations(span.annotations) == span.annotations)
        and not (span.shared and span.kind is Kind.CLIENT)
    )


def _ids_are_usual(span: Span) -> bool:
    """What nearly every span's ids pass, at a third of the time of asking for each."""
    trace_id, own, parent = span.trace_id, span.id, span.parent_id or ""
    return (
        len(trace_id) in (16, 32)
        and trace_id[0] != "0"
        and len(own) == 16
        and own != _ZEROS
        and (span.parent_id is None or (len(parent) == 16 and parent not in (own, _ZEROS)))
        and not (trace_id + own + parent).strip(_HEX)
    )


def _ids_are_normal(span: Span) -> bool:
    parent = span.parent_id
    return (
        normal_trace_id(span.trace_id) == span.trace_id
        and span_id(span.id) == span.id
        and (parent is None or (_parent_id(parent) == parent and parent != span.id))
    )


@functools.lru_cache(maxsize=16_384)
def _dotted(raw: bytes) -> str:
    return str(ipaddress.IPv4Address(raw))


@functools.lru_cache(maxsize=16_384)
def _packed_ipv6(raw: bytes) -> str:
    return _ipv6_text(ipaddress.IPv6Address(raw))


def _ipv6_text(address: ipaddress.IPv6Address) -> str:
    # from Python 3.13 on a mapped address prints in dotted form
    mapped = address.ipv4_mapped
    if mapped is not None:
        return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"
    return str(address)

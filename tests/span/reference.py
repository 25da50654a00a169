"""How v1 becomes v2, and what is normal, as Zipkin's rules are told: step by step and slow.

Written from the rules, not from our code, which is compared with it.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.v1 import V1Annotation, V1Span

Fields = dict[str, Any]
"""A span while it is put together."""

CORE = ("cs", "cr", "sr", "ss", "ms", "mr", "ws", "wr")


def to_v2(v1: V1Span) -> list[Fields]:
    """The spans that a v1 span tells of; their times may be 0 or less."""
    sides = [new_side()]
    at: dict[str, V1Annotation] = {}

    def side_of(endpoint: Endpoint | None) -> Fields:
        if endpoint is None:
            return sides[0]
        for side in sides:
            if side["local"] is None:
                side["local"] = endpoint
                return side
            if side["local"].service_name == endpoint.service_name:
                return side
        sides.append(new_side(local=endpoint))
        return sides[-1]

    def keep(annotation: V1Annotation) -> None:
        side_of(annotation.endpoint)["annotations"].append((annotation.timestamp, annotation.value))

    # 1, 2: whose is what
    for annotation in v1.annotations:
        side = side_of(annotation.endpoint)
        if annotation.value in CORE and annotation.endpoint is not None:
            at[annotation.value] = annotation
            if annotation.value in ("cs", "cr"):
                side["kind"] = Kind.CLIENT
            if annotation.value in ("sr", "ss"):
                side["kind"] = Kind.SERVER
            if annotation.value == "ms":
                side["kind"] = Kind.PRODUCER
            if annotation.value == "mr":
                side["kind"] = Kind.CONSUMER
        else:
            side["annotations"].append((annotation.timestamp, annotation.value))

    # 3: a begin that only the span tells
    whole = bool(v1.timestamp and v1.duration)
    for begin, end in (("cs", "cr"), ("sr", "ss")):
        only_ended = begin not in at and end in at
        if only_ended and whole and v1.timestamp + v1.duration == at[end].timestamp:
            at[begin] = V1Annotation(v1.timestamp, begin, at[end].endpoint)

    def time(begin: str, end: str) -> None:
        side = side_of(at[begin].endpoint)
        if whole:
            side["timestamp"], side["duration"] = v1.timestamp, v1.duration
        else:
            side["timestamp"] = at[begin].timestamp
            side["duration"] = at[end].timestamp - at[begin].timestamp if end in at else 0

    def far_side(near: str, far: str, near_kind: Kind, far_kind: Kind) -> Fields:
        here, there = at[near].endpoint, at[far].endpoint
        assert here
        assert there
        if here.service_name != there.service_name:
            return side_of(there)
        side_of(here)["kind"] = near_kind
        sides.append(new_side(local=there, kind=far_kind))
        return sides[-1]

    # 4 to 6: calls
    if "cs" in at and "sr" in at:
        time("cs", "cr")
        server = far_side("cs", "sr", Kind.CLIENT, Kind.SERVER)
        server["shared"] = True
        server["timestamp"] = at["sr"].timestamp
        server["duration"] = at["ss"].timestamp - at["sr"].timestamp if "ss" in at else 0
    elif "cs" in at and "cr" in at:
        time("cs", "cr")
    elif "sr" in at and "ss" in at:
        time("sr", "ss")
    else:
        for side in sides:
            for kind, begin, end in ((Kind.CLIENT, "cs", "cr"), (Kind.SERVER, "sr", "ss")):
                if side["kind"] is kind:
                    if begin in at:
                        side["timestamp"] = at[begin].timestamp
                    if end in at:
                        side["annotations"].append((at[end].timestamp, end))
        if v1.timestamp:
            sides[0]["timestamp"], sides[0]["duration"] = v1.timestamp, v1.duration

    # 7: a server that joined an id
    unowned = not v1.timestamp or ("ss" in at and not v1.duration)
    if "sr" in at and "cs" not in at and unowned:
        side_of(at["sr"].endpoint)["shared"] = True

    # 8: messages
    if "ms" in at and "mr" in at:
        consumer = far_side("ms", "mr", Kind.PRODUCER, Kind.CONSUMER)
        consumer["shared"] = True
        if "wr" in at:
            consumer["timestamp"] = at["wr"].timestamp
            consumer["duration"] = at["mr"].timestamp - at["wr"].timestamp
        else:
            consumer["timestamp"], consumer["duration"] = at["mr"].timestamp, 0
        producer = side_of(at["ms"].endpoint)
        producer["timestamp"] = at["ms"].timestamp
        producer["duration"] = at["ws"].timestamp - at["ms"].timestamp if "ws" in at else 0
    elif "ms" in at:
        time("ms", "ws")
    elif "mr" in at and "wr" in at:
        time("wr", "mr")
    elif "mr" in at:
        time("mr", "")
    else:
        for mark in ("ws", "wr"):
            if mark in at:
                keep(at[mark])

    # 9: tags and addresses
    addresses: dict[str, Endpoint] = {}
    for item in v1.binary_annotations:
        if item.key in ("ca", "sa", "ma"):
            if item.endpoint is not None:
                addresses[item.key] = item.endpoint
        else:
            side = side_of(item.endpoint)
            if not (item.key == "lc" and item.value == ""):
                side["tags"][item.key] = item.value
    client, server_at, broker = (addresses.get(key) for key in ("ca", "sa", "ma"))
    is_call = any(value in at for value in ("cs", "cr", "sr", "ss"))
    if not is_call and client and server_at:
        side_of(client)["remote"] = server_at
    elif not is_call and server_at:
        sides[0]["remote"] = server_at
    elif not is_call and client:
        sides[0]["kind"], sides[0]["remote"] = Kind.SERVER, client
    else:
        served = at.get("sr") or at.get("ss")
        if client and served and served.endpoint and client != served.endpoint:
            same_name = client.service_name == served.endpoint.service_name
            side_of(served.endpoint)["remote"] = without_name(client) if same_name else client
        sent = at.get("cs") or at.get("cr")
        if server_at and sent:
            side_of(sent.endpoint)["remote"] = server_at
        for value in ("ms", "mr"):
            if broker and value in at:
                side_of(at[value].endpoint)["remote"] = broker
    return sides


def new_side(local: Endpoint | None = None, kind: Kind | None = None) -> Fields:
    return {
        "local": local,
        "remote": None,
        "kind": kind,
        "timestamp": 0,
        "duration": 0,
        "shared": False,
        "annotations": [],
        "tags": {},
    }


def without_name(endpoint: Endpoint) -> Endpoint | None:
    known = (endpoint.ipv4, endpoint.ipv6, endpoint.port)
    if not any(known):
        return None
    return Endpoint(ipv4=endpoint.ipv4, ipv6=endpoint.ipv6, port=endpoint.port)


def normal(span: Span) -> Span | None:
    """The span by the rules of the model; None when a rule refuses it."""
    trace_id, own, parent = span.trace_id, span.id, span.parent_id
    for text, longest in ((trace_id, 32), (own, 16), (parent, 16)):
        if text is None:
            continue
        if text == "" or len(text) > longest or any(c not in "0123456789abcdef" for c in text):
            return None
    if int(trace_id, 16) == 0 or int(own, 16) == 0:
        return None
    wide = len(trace_id) > 16 and int(trace_id[:-16], 16) != 0
    own, parent_number = f"{int(own, 16):016x}", int(parent, 16) if parent else 0
    parent = f"{parent_number:016x}" if parent_number and f"{parent_number:016x}" != own else None
    endpoints = []
    for endpoint in (span.local_endpoint, span.remote_endpoint):
        if endpoint is not None and (endpoint.port or 0) > 65_535:
            return None
        endpoints.append(endpoint and normal_endpoint(endpoint))
    return Span(
        trace_id=f"{int(trace_id, 16):0{32 if wide else 16}x}",
        parent_id=parent,
        id=own,
        kind=span.kind,
        name=span.name.lower() if span.name else None,
        timestamp=span.timestamp if (span.timestamp or 0) > 0 else None,
        duration=span.duration if (span.duration or 0) > 0 else None,
        local_endpoint=endpoints[0],
        remote_endpoint=endpoints[1],
        annotations=tuple(
            Annotation(timestamp=Micros(timestamp), value=value)
            for timestamp, value in sorted({(a.timestamp, a.value) for a in span.annotations})
        ),
        tags=dict(sorted(span.tags.items())),
        debug=span.debug,
        shared=span.shared and span.kind is not Kind.CLIENT,
    )


def normal_endpoint(endpoint: Endpoint) -> Endpoint | None:
    parts: Fields = {"service_name": endpoint.service_name and endpoint.service_name.lower()}
    for text in (endpoint.ipv4, endpoint.ipv6):
        try:
            address = ipaddress.ip_address(text or "")
        except ValueError:
            continue
        if "%" not in str(address):
            parts[f"ipv{address.version}"] = str(address)
    if endpoint.port and endpoint.port > 0:
        parts["port"] = endpoint.port
    known = {name: value for name, value in parts.items() if value}
    return Endpoint(**known) if known else None

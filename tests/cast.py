"""The named spans that tests share: who calls whom is always frontend, backend, db."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span

DAY = 24 * 60 * 60 * 1000
"""In milliseconds, as the query API speaks."""
TODAY = 1_795_478_400_000
"""Midnight UTC of the day on which the cast acts, in epoch milliseconds."""
NOON = Micros((TODAY + DAY // 2) * 1000)
"""When the cast's spans arrive."""

FRONTEND = Endpoint(service_name="frontend", ipv4="127.0.0.1")
BACKEND = Endpoint(service_name="backend", ipv4="192.168.99.101", port=9000)
DB = Endpoint(service_name="db", ipv6="2001:db8::c001", port=3036)
KAFKA = Endpoint(service_name="kafka")

LOTS_OF_TEXT = "x" * 2048


def at(milliseconds: float) -> Micros:
    """So many milliseconds into the day."""
    return Micros(round((TODAY + milliseconds) * 1000))


def span(trace_id: str = "1", id: str = "1", **fields: Any) -> Span:
    """A span with short ids: ``"1"`` stands for ``0000000000000001``."""
    if fields.get("parent_id") is not None:
        fields["parent_id"] = fields["parent_id"].rjust(16, "0")
    width = 16 if len(trace_id) <= 16 else 32
    return Span(trace_id=trace_id.rjust(width, "0"), id=id.rjust(16, "0"), **fields)


def changed(original: Span, **fields: Any) -> Span:
    """``original`` with other values."""
    return replace(original, **fields)


def named(service: str, endpoint: Endpoint = FRONTEND) -> Endpoint:
    """``endpoint`` under another service name."""
    return replace(endpoint, service_name=service)


CLIENT_SPAN = span(
    "7180c278b62e8f6a216a2aea45d08fc9",
    "5b4185666d50f68b",
    parent_id="6b221d5bc9e6496c",
    kind=Kind.CLIENT,
    name="get",
    timestamp=at(1),
    duration=Micros(207_000),
    local_endpoint=FRONTEND,
    remote_endpoint=BACKEND,
    annotations=(Annotation(timestamp=at(1.1), value="foo"),),
    tags={"clnt/finagle.version": "6.45.0", "http.path": "/api"},
)
"""A call from frontend to backend with a bit of everything."""


def trace(trace_id: str = "1") -> list[Span]:
    """The standard trace: frontend serves, calls backend, which calls db, which fails."""
    return [
        span(
            trace_id,
            "1",
            kind=Kind.SERVER,
            name="get",
            timestamp=at(1),
            duration=Micros(350_000),
            local_endpoint=FRONTEND,
        ),
        span(
            trace_id,
            "2",
            parent_id="1",
            kind=Kind.CLIENT,
            name="get",
            timestamp=at(51),
            duration=Micros(200_000),
            local_endpoint=FRONTEND,
            remote_endpoint=BACKEND,
            annotations=(Annotation(timestamp=at(101), value="foo"),),
            tags={"clnt/finagle.version": "6.45.0", "http.path": "/api"},
        ),
        span(
            trace_id,
            "2",
            parent_id="1",
            kind=Kind.SERVER,
            name="get",
            timestamp=at(101),
            duration=Micros(150_000),
            local_endpoint=BACKEND,
            shared=True,
        ),
        span(
            trace_id,
            "3",
            parent_id="2",
            kind=Kind.CLIENT,
            name="query",
            timestamp=at(151),
            duration=Micros(50_000),
            local_endpoint=BACKEND,
            remote_endpoint=DB,
            annotations=(Annotation(timestamp=at(191), value="⻩"),),
            tags={"error": "\U0001f4a9"},
        ),
    ]


def by_id(spans: list[Span]) -> list[Span]:
    """``spans`` in an order that does not depend on how they came."""
    return sorted(spans, key=lambda s: (s.trace_id, s.id, s.shared, s.timestamp or 0, str(s)))

"""Zipkin's first model, in which one span may tell both sides of a call.

A side is told by annotations at moments: ``cs`` and ``cr`` (client sent, client received), ``sr``
and ``ss`` (server received, server sent), ``ms`` and ``mr`` (message sent, received), ``ws`` and
``wr`` (wire sent, received). Each has the endpoint that recorded it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clew.span.model import Endpoint

ADDRESSES = ("ca", "sa", "ma")
"""Keys of binary annotations that are addresses: of the client, the server and the broker."""


@dataclass(frozen=True, slots=True)
class V1Annotation:
    """Something that happened at a moment."""

    timestamp: int
    """Epoch microseconds."""
    value: str
    endpoint: Endpoint | None = None
    """Who recorded it; None when that was not said."""


@dataclass(frozen=True, slots=True)
class BinaryAnnotation:
    """A tag, or with a key of :data:`ADDRESSES` an address."""

    key: str
    value: str
    """Of an address it means nothing."""
    endpoint: Endpoint | None = None
    """Who recorded the tag; the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Span:
    """A span as v1 has it, not yet normal."""

    trace_id: int
    """128 bits."""
    id: int
    """64 bits."""
    parent_id: int = 0
    """0 for a root."""
    name: str | None = None
    timestamp: int = 0
    """Epoch microseconds; 0 when unknown, or when another process owns the span."""
    duration: int = 0
    """Microseconds; 0 when unknown."""
    annotations: Sequence[V1Annotation] = ()
    binary_annotations: Sequence[BinaryAnnotation] = ()
    debug: bool = False

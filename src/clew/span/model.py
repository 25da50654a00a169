"""The span: Zipkin's v2 model, which every other format is translated to and from.

The rules are those of ``zipkin2.Span`` and ``zipkin2.Endpoint``: what is absent is ``None`` (or an
empty collection), never an empty string or zero, and a :class:`Span` that exists is normalised.
Use :func:`new_span` to make one from values that may not be.

None of them can be part of a cycle, so the garbage collector need not know them (``gc=False``): at
full speed a hundred thousand are alive, and looking at them took a third of the reading.
"""

from __future__ import annotations

import enum
from typing import NewType

import msgspec

Micros = NewType("Micros", int)
"""Microseconds: since the epoch for a timestamp, elapsed for a duration."""


class Kind(enum.Enum):
    """Which side of a call the span tells about; a span without a kind is local work."""

    CLIENT = "CLIENT"
    SERVER = "SERVER"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Endpoint(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False
):
    """One side of a call. An endpoint with nothing in it does not exist: it is None in the span."""

    service_name: str | None = None
    """Lower case; None when unknown."""
    ipv4: str | None = None
    """Dotted quad."""
    ipv6: str | None = None
    """Canonical lower-case text; never a mapped IPv4 address in dotted form."""
    port: int | None = None
    """1–65535; None when unknown."""


class Annotation(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Something that happened at a moment."""

    timestamp: Micros
    value: str


class Span(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One operation of a trace. Field order is the order in which Zipkin writes them."""

    trace_id: str
    """16 or 32 lower-hex characters, not all zeros; 32 only when the high half is not zero."""
    parent_id: str | None = None
    """16 lower-hex characters; None for a root. Never equal to ``id``."""
    id: str
    """16 lower-hex characters. A client and a server span may share it (``shared``)."""
    kind: Kind | None = None
    name: str | None = None
    """Lower case; None when unknown."""
    timestamp: Micros | None = None
    """Start, epoch microseconds; None when the reporter did not know it. Never 0 or less."""
    duration: Micros | None = None
    """Elapsed microseconds, rounded up by the reporter, so never 0; None when unknown."""
    local_endpoint: Endpoint | None = None
    """Who recorded the span."""
    remote_endpoint: Endpoint | None = None
    """The other side of the call, as the recorder knows it."""
    annotations: tuple[Annotation, ...] = ()
    """Sorted by time, then value; without duplicates."""
    tags: dict[str, str] = {}
    """Sorted by key. An empty value is a value: ``error: ""`` marks an error."""
    debug: bool = False
    """The caller asked that this trace is kept whatever the sampler says."""
    shared: bool = False
    """This side joined the id that the other side made."""

    @property
    def service(self) -> str | None:
        """The local service name."""
        return self.local_endpoint.service_name if self.local_endpoint else None

    @property
    def remote_service(self) -> str | None:
        """The remote service name."""
        return self.remote_endpoint.service_name if self.remote_endpoint else None

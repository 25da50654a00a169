"""Calls between services, as spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clew.check.steps import Trace
from clew.span.model import Endpoint, Kind, Micros, Span

ROOT = "1".rjust(16, "0")


def reported(traces: Iterable[Sequence[Span]]) -> list[Trace]:
    """The spans of each, as a trace server has them."""
    return [Trace(spans) for spans in traces]


def span(
    kind: Kind,
    service: str,
    id: str,
    parent: str | None = None,
    *,
    trace: str = "a" * 32,
    at: int = 1_000_000,
    lasts: int = 10_000,
    ip: str | None = None,
    remote: str | None = None,
    remote_ip: str | None = None,
    tags: dict[str, str] | None = None,
    shared: bool = False,
) -> Span:
    """``at`` and ``lasts`` in microseconds."""
    far = Endpoint(service_name=remote, ipv4=remote_ip) if remote or remote_ip else None
    return Span(
        trace_id=trace,
        id=id.rjust(16, "0"),
        parent_id=parent and parent.rjust(16, "0"),
        kind=kind,
        timestamp=Micros(at),
        duration=Micros(lasts),
        local_endpoint=Endpoint(service_name=service, ipv4=ip),
        remote_endpoint=far,
        tags=tags or {},
        shared=shared,
    )


def client(service: str, id: str, parent: str | None = None, **more: object) -> Span:
    return span(Kind.CLIENT, service, id, parent, **more)  # type: ignore[arg-type]  # those of span


def server(service: str, id: str, parent: str | None = None, **more: object) -> Span:
    return span(Kind.SERVER, service, id, parent, **more)  # type: ignore[arg-type]  # those of span

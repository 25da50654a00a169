"""From span to span within traces, and which service is at which address. Pure."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clew.span.model import Endpoint, Kind, Span
from clew.trace.tree import build

NAMELESS = "a service without a name"


@dataclass(frozen=True, slots=True)
class Step:
    """A span that is no root, and its parent."""

    span: Span
    parent: Span | None
    """For the server's side of a shared span the client's; None when it never arrived."""

    @property
    def is_call(self) -> bool:
        """Whether both sides of a call told of it."""
        client = self.parent is not None and self.parent.kind is Kind.CLIENT
        return client and self.span.kind is Kind.SERVER


@dataclass(frozen=True)
class Trace:
    """The spans that have its id."""

    spans: Sequence[Span]
    """As they were reported."""

    @cached_property
    def steps(self) -> Sequence[Step]:
        """To every span that was made for another; what was reported in parts is put together."""
        return tuple(_steps(self.spans))


Traces = Sequence[Trace]


def steps(traces: Traces) -> Iterator[Step]:
    """Those of all."""
    return (step for trace in traces for step in trace.steps)


def spans(traces: Traces) -> Iterator[Span]:
    """Those of all."""
    return (span for trace in traces for span in trace.spans)


def _steps(reported: Sequence[Span]) -> Iterator[Step]:
    for node, span in build(reported).walk():
        wanted = span.id if span.shared else span.parent_id
        if wanted is not None:
            # a span without its parent hangs under the root
            parent = node.parent and node.parent.span
            yield Step(span, parent if parent and parent.id == wanted else None)


def service(span: Span) -> str:
    """Who recorded it."""
    return span.service or NAMELESS


def address(endpoint: Endpoint | None) -> str:
    """Empty for loopback, where everybody has the same."""
    text = (endpoint and (endpoint.ipv4 or endpoint.ipv6)) or ""
    return "" if not text or _is_loopback(text) else text


@lru_cache(maxsize=4096)
def _is_loopback(text: str) -> bool:
    return ipaddress.ip_address(text).is_loopback


def called(span: Span) -> str:
    """The other side's name, or else the end of the mesh's name for it."""
    return span.remote_service or (span.service or "").rpartition("/")[2]


def names(traces: Traces) -> Mapping[str, str]:
    """By address, where all spans agree on one: who recorded there, or who was called there."""
    parents = {step.parent.id for step in steps(traces) if step.parent}
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans(traces):
        if own := address(span.local_endpoint):
            found[own].add(service(span))
        # where a proxy tells what comes next, the name is not that of the proxy
        if span.kind is Kind.CLIENT and span.id not in parents:
            found[address(span.remote_endpoint)].add(called(span))
    return {each: min(told) for each, told in found.items() if each and len(told) == 1}

"""From span to span within traces, and which service is at which address. Pure."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clew.span.model import Endpoint, Kind, Span
from clew.trace.tree import build

Traces = Sequence[Sequence[Span]]

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


def steps(traces: Traces) -> Iterator[Step]:
    """Of every span that was made for another; what was reported in parts is put together."""
    for trace in traces:
        for node, span in build(trace).walk():
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
    return "" if not text or ipaddress.ip_address(text).is_loopback else text


def called(span: Span) -> str:
    """The other side's name, or else the end of the mesh's name for it."""
    return span.remote_service or (span.service or "").rpartition("/")[2]


def names(traces: Traces) -> Mapping[str, str]:
    """By address, where all spans agree on one: who recorded there, or who was called there."""
    parents = {step.parent.id for step in steps(traces) if step.parent}
    found: dict[str, set[str]] = defaultdict(set)
    for span in (span for trace in traces for span in trace):
        if own := address(span.local_endpoint):
            found[own].add(service(span))
        # where a proxy tells what comes next, the name is not that of the proxy
        if span.kind is Kind.CLIENT and span.id not in parents:
            found[address(span.remote_endpoint)].add(called(span))
    return {each: min(told) for each, told in found.items() if each and len(told) == 1}

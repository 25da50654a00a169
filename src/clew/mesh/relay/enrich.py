"""What Linkerd would have recorded, from what Envoy sent and what is known of the server. Pure.

Envoy sends few and short tags (:mod:`clew.mesh.xds.tracing`); what is the same for every span of a
server is added here. Names, tags and services are Linkerd's, so that its dashboards and links keep
working; a failure also has the tag ``error``, by which Zipkin's UIs mark a span.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from clew.mesh.relay import failure, http_tags
from clew.mesh.xds import tracing as sent
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_endpoint

_SIDES = {
    Kind.SERVER: ("srv", sent.PEER, "ca"),
    Kind.CLIENT: ("clnt", "upstream_address", "sa"),
}
"""Finagle's word for the side; which tag of Envoy's has the other side's address; Linkerd's."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is the same for every span of one server."""

    service_name: str
    """``0.0.0.0/4140``: ip and port as configured, the Zipkin service of its server spans."""
    router_label: str
    dtab_base: str
    """The router's dtab in its one-line form; empty when it has none."""
    ip: str
    """Where the server listens; an any-address says nothing and is left out of spans."""
    port: int


def enrich(span: Span, facts: Mapping[str, ServerFacts]) -> Span:
    """Linkerd's form of one of Envoy's spans. A span of no known server keeps all but its ids."""
    tags = sent.spread(span.tags)
    server = facts.get(tags.get(sent.SERVER_KEY, ""))
    if server is None or span.kind is None:
        parent = span.parent_id and _header_order(span.parent_id)
        return msgspec.structs.replace(span, id=_header_order(span.id), parent_id=parent)
    if span.kind is Kind.SERVER:
        return _server_span(span, tags, server)
    return _client_span(span, tags, server)


def _server_span(span: Span, tags: Mapping[str, str], server: ServerFacts) -> Span:
    client = tags.get(sent.CLIENT_ID)
    failed = failure.of(tags)
    own = {
        "router.label": server.router_label,
        "dtab.base": server.dtab_base,
        "dtab.local": tags.get(sent.LOCAL_DTAB, ""),
    }
    if logical := tags.get(sent.LOGICAL_NAME):
        own["service"] = logical
    if client:
        own["client"] = client
        own["residual"] = tags.get(sent.RESIDUAL) or "/"
    if failed:
        own["error"] = failed
    if stage := failure.router_stage(tags):
        own["io.buoyant.router.Failure"] = stage
    # a span with a parent follows its caller's decision, so the rate says nothing about it
    if span.parent_id is None and (rate := tags.get(sent.SAMPLE_RATE)):
        own["zipkin.sampling_rate"] = str(float(rate))  # a double in Linkerd: 1.0
    return _with(
        span,
        local=_endpoint(server.service_name, server.ip, server.port),
        remote=remote_endpoint(tags, Kind.SERVER),
        tags=side_tags(tags, Kind.SERVER) | own,
    )


def _client_span(span: Span, tags: Mapping[str, str], server: ServerFacts) -> Span:
    failed = failure.of(tags)
    own = {}
    ended: tuple[Annotation, ...] = ()
    if failed:
        own["error"] = failed
        # Linkerd says success by a tag, but failure by an annotation
        word = "l5d.retryable" if failure.is_tried_again(tags) else "l5d.failure"
        at = Micros((span.timestamp or 0) + (span.duration or 0))
        ended = (Annotation(timestamp=at, value=word),)
    else:
        own["l5d.success"] = "1.0"
    # without an endpoint there is no client id, and then no try; the logical name is for the rest
    service = tags.get(sent.CLIENT_ID) or tags.get(sent.LOGICAL_NAME, "")
    return _with(
        span,
        local=_endpoint(service.removeprefix("/"), server.ip, None),
        remote=remote_endpoint(tags, Kind.CLIENT),
        tags=side_tags(tags, Kind.CLIENT) | own,
        annotations=ended,
    )


def side_tags(tags: Mapping[str, str], kind: Kind) -> dict[str, str]:
    """The tags that need not know of the server."""
    side, address, name = _SIDES[kind]
    found = http_tags.of(tags, side)
    if value := tags.get(address):
        found[name] = value
    return found


def remote_endpoint(tags: Mapping[str, str], kind: Kind) -> Endpoint | None:
    """Who called, or who was called."""
    _, address, _ = _SIDES[kind]
    return _endpoint_at(tags.get(address, ""))


def _with(
    span: Span,
    *,
    local: Endpoint | None,
    remote: Endpoint | None,
    tags: Mapping[str, str],
    annotations: tuple[Annotation, ...] = (),
) -> Span:
    """A copy of what is normal: only what is new in it can need a rule, and that is the order."""
    return msgspec.structs.replace(
        span,
        parent_id=span.parent_id and _header_order(span.parent_id),
        id=_header_order(span.id),
        local_endpoint=local,
        remote_endpoint=remote,
        annotations=annotations,
        tags={key: tags[key] for key in sorted(tags)},
    )


def _header_order(span_id: str) -> str:
    """The id as the request's headers have it.

    Envoy's HTTP_PROTO (1.40) writes span and parent id in the machine's byte order, little endian,
    but the trace id in network order. Left so, an application's own spans would not join the trace.
    """
    return bytes.fromhex(span_id)[::-1].hex()


@functools.lru_cache(maxsize=4096)
def _endpoint(service: str, ip: str, port: int | None) -> Endpoint | None:
    known = "" if ip in ("0.0.0.0", "::") else ip
    return new_endpoint(service_name=service, ipv4=known, port=port)


@functools.lru_cache(maxsize=4096)
def _endpoint_at(address: str) -> Endpoint | None:
    """The endpoint of ``10.4.2.3:4141`` or ``[::1]:4141``; None for anything else, as a pipe."""
    ip, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        return None
    return new_endpoint(ipv4=ip.strip("[]"), port=int(port))

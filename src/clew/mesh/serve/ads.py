"""The gRPC server that Envoy asks: one aggregated stream, and one on-demand stream an epoch.

It only reads, calls and writes; what to answer is decided by
:class:`clew.mesh.serve.subscription.Subscription`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from envoy.service.cluster.v3 import cds_pb2_grpc
from envoy.service.discovery.v3 import ads_pb2_grpc, discovery_pb2
from google.protobuf.any_pb2 import Any as PackedAny
from prometheus_client import CollectorRegistry, Counter

from clew.errors import ClewError
from clew.mesh.serve.subscription import (
    AskedMore,
    Effect,
    Rejected,
    Request,
    Send,
    Subscription,
    Updated,
)
from clew.mesh.xds.snapshot import ENDPOINT, LISTENER, Ref, Snapshot, TypeUrl
from clew.mesh.xds.sources import EPOCH_HEADER

log = logging.getLogger(__name__)

_OPTIONS = [
    # Envoy pings an idle stream; grpcio would take that for an attack and close it
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
]
RETRY_SECONDS = 5.0
"""After which a refused listener is sent again: its port may be free by then."""
STOP_SECONDS = 0.5
"""Given to streams to end when they are told to."""


class InconsistentSnapshot(ClewError):
    """Resources refer to others that are not there. A fault of ours; Envoy keeps what it has."""

    def __init__(self, missing: Iterable[Ref]) -> None:
        names = ", ".join(f"{kind.rpartition('.')[2]} {name}" for kind, name in missing)
        super().__init__(f"the configuration for Envoy refers to what is not in it: {names}")


@dataclass(eq=False)
class _Stream:
    subscription: Subscription
    epoch: int | None
    """None for the aggregated stream."""
    outbox: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)


class AdsServer:
    """Answers Envoy from the newest snapshot, and tells which clusters are asked for."""

    def __init__(
        self, socket_path: Path, on_asked: Callable[[], None], registry: CollectorRegistry
    ) -> None:
        """``on_asked`` is called when ``asked`` has changed."""
        self._socket_path = socket_path
        self._on_asked = on_asked
        self._snapshot = Snapshot()
        self._epoch = 1
        self._streams: set[_Stream] = set()
        self._server: grpc.aio.Server | None = None
        self._refusals: dict[Ref, tuple[str, str]] = {}
        """By resource, the version that Envoy has refused last, and why."""
        self._rejections = Counter(
            "clew_mesh_rejections",
            "Listeners, routes, clusters and endpoints that Envoy has refused.",
            ("type",),
            registry=registry,
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """Clusters that Envoy wants, the longest asked first within a stream."""
        streams = sorted(self._streams, key=lambda stream: stream.epoch or 0)
        return tuple(
            dict.fromkeys(name for stream in streams for name in stream.subscription.asked)
        )

    @property
    def refusals(self) -> dict[Ref, str]:
        """What Envoy has refused of what it should have now, and why."""
        return {
            (type_url, name): why
            for (type_url, name), (version, why) in self._refusals.items()
            if (now := self._snapshot.of_type(type_url).get(name)) and now.version == version
        }

    async def start(self) -> None:
        """Listen. Raises OSError when the socket cannot be made."""
        server = grpc.aio.server(options=_OPTIONS)
        ads_pb2_grpc.add_AggregatedDiscoveryServiceServicer_to_server(_Aggregated(self), server)
        cds_pb2_grpc.add_ClusterDiscoveryServiceServicer_to_server(_OnDemand(self), server)
        server.add_insecure_port(f"unix:{self._socket_path}")
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close all streams; Envoy goes on with what it has."""
        for stream in self._streams:
            stream.outbox.put_nowait(None)  # grpc would log a stream that it has to cancel
        if self._server is not None:
            await self._server.stop(grace=STOP_SECONDS)

    def publish(self, snapshot: Snapshot, *, gone: Collection[str] = (), epoch: int = 1) -> None:
        """Send what differs. ``gone`` are clusters that Envoy shall not have or wait for.

        Raises InconsistentSnapshot and sends nothing when resources are missing.
        """
        if missing := snapshot.dangling():
            raise InconsistentSnapshot(missing)
        self._snapshot, self._epoch = snapshot, epoch
        # routes before clusters: how long a name is waited for must be known when it is refused
        for stream in sorted(self._streams, key=lambda stream: stream.epoch is not None):
            self._do(stream, stream.subscription.on_snapshot(snapshot, gone))

    def forget(self, clusters: Collection[str], *, before: int) -> None:
        """Envoy loses these unless it asks for them again, on a stream of epoch ``before`` or a
        later one: on those of earlier epochs they are taken away and never answered again.
        """
        for stream in self._streams:
            if stream.epoch is not None and stream.epoch < before:
                self._do(stream, stream.subscription.on_snapshot(self._snapshot, clusters))
        self._on_asked()

    async def serve(self, requests: AsyncIterator[Any], epoch: int | None) -> AsyncIterator[Any]:
        """One stream, to its end."""
        stale = epoch is not None and epoch < self._epoch
        stream = _Stream(Subscription(self._snapshot, stale=stale), epoch)
        self._streams.add(stream)
        reader = asyncio.create_task(self._read(stream, requests))
        try:
            while (response := await stream.outbox.get()) is not None:
                yield response
        finally:
            reader.cancel()
            self._streams.discard(stream)
            self._on_asked()

    async def _read(self, stream: _Stream, requests: AsyncIterator[Any]) -> None:
        try:
            async for message in requests:
                self._do(stream, stream.subscription.on_request(_read_request(message)))
        finally:
            stream.outbox.put_nowait(None)

    def _do(self, stream: _Stream, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    stream.outbox.put_nowait(_response(effect))
                case AskedMore():
                    self._on_asked()
                case Updated(clusters):
                    self._resend(ENDPOINT, clusters)
                case Rejected(type_url, names, error):
                    self._rejected(type_url, names, error)

    def _rejected(self, type_url: TypeUrl, names: tuple[str, ...], error: str) -> None:
        kind = type_url.rpartition(".")[2]
        self._rejections.labels(kind).inc(len(names))
        for name in names:
            if resource := self._snapshot.of_type(type_url).get(name):
                self._refusals[type_url, name] = (resource.version, error)
        log.error("Envoy refuses %s %s: %s", kind, ", ".join(names), error)
        if type_url == LISTENER:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._resend, LISTENER, names)

    def _resend(self, type_url: TypeUrl, names: Collection[str]) -> None:
        for stream in self._streams:
            self._do(stream, stream.subscription.resend(type_url, names))


class _Aggregated(ads_pb2_grpc.AggregatedDiscoveryServiceServicer):  # type: ignore[misc]  # untyped
    """Listeners, routes, endpoints."""

    def __init__(self, server: AdsServer) -> None:
        self._server = server

    async def DeltaAggregatedResources(
        self, request_iterator: AsyncIterator[Any], context: Any
    ) -> AsyncIterator[Any]:
        async for response in self._server.serve(request_iterator, None):
            yield response


class _OnDemand(cds_pb2_grpc.ClusterDiscoveryServiceServicer):  # type: ignore[misc]  # untyped
    """Clusters, when the first request needs one."""

    def __init__(self, server: AdsServer) -> None:
        self._server = server

    async def DeltaClusters(
        self, request_iterator: AsyncIterator[Any], context: Any
    ) -> AsyncIterator[Any]:
        metadata = dict(context.invocation_metadata())
        epoch = int(metadata.get(EPOCH_HEADER, "0"))
        async for response in self._server.serve(request_iterator, epoch):
            yield response


def _read_request(message: Any) -> Request:
    return Request(
        type_url=TypeUrl(message.type_url),
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        initial_versions=dict(message.initial_resource_versions),
        nonce=message.response_nonce,
        error=message.error_detail.message.strip(),
    )


def _response(send: Send) -> Any:
    return discovery_pb2.DeltaDiscoveryResponse(
        type_url=send.type_url,
        nonce=send.nonce,
        resources=[
            discovery_pb2.Resource(
                name=resource.name,
                version=resource.version,
                resource=PackedAny(type_url=resource.type_url, value=resource.body),
            )
            for resource in send.resources
        ],
        removed_resources=send.removed,
    )

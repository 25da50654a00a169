"""The gRPC server as Envoy meets it: real streams on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from envoy.service.cluster.v3 import cds_pb2_grpc
from envoy.service.discovery.v3 import ads_pb2_grpc, discovery_pb2
from prometheus_client import CollectorRegistry

from clew.mesh.serve.ads import AdsServer, InconsistentSnapshot
from clew.mesh.xds.snapshot import CLUSTER, ENDPOINT, LISTENER, Resource, Snapshot, TypeUrl
from clew.mesh.xds.sources import EPOCH_HEADER

Scenario = Callable[["Node"], Awaitable[None]]


class Stream:
    """One side of a stream, as Envoy writes and reads it."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def ask(self, type_url: TypeUrl, *names: str) -> None:
        await self._call.write(
            discovery_pb2.DeltaDiscoveryRequest(type_url=type_url, resource_names_subscribe=names)
        )

    async def answer(self, response: Any, error: str = "") -> None:
        request = discovery_pb2.DeltaDiscoveryRequest(
            type_url=response.type_url, response_nonce=response.nonce
        )
        if error:
            request.error_detail.message = error
        await self._call.write(request)

    async def hear(self) -> Any:
        return await self._call.read()

    async def names(self) -> list[str]:
        """``+a@1`` for what came and ``-a`` for what went with the next response, taken."""
        response = await self.hear()
        await self.answer(response)
        return [f"+{r.name}@{r.version}" for r in response.resources] + [
            f"-{name}" for name in response.removed_resources
        ]

    def close(self) -> None:
        self._call.cancel()


class Node:
    """A server, and the channel of an Envoy to it."""

    def __init__(
        self,
        server: AdsServer,
        channel: grpc.aio.Channel,
        asked: asyncio.Event,
        registry: CollectorRegistry,
    ) -> None:
        self.server = server
        self.registry = registry
        self._channel = channel
        self._asked = asked

    def aggregated(self) -> Stream:
        stub = ads_pb2_grpc.AggregatedDiscoveryServiceStub(self._channel)
        return Stream(stub.DeltaAggregatedResources())

    def on_demand(self, epoch: int = 1) -> Stream:
        stub = cds_pb2_grpc.ClusterDiscoveryServiceStub(self._channel)
        return Stream(stub.DeltaClusters(metadata=((EPOCH_HEADER, str(epoch)),)))

    async def until_asked(self, *names: str) -> None:
        while set(self.server.asked) != set(names):
            self._asked.clear()
            await self._asked.wait()


@asynccontextmanager
async def node(socket: Path) -> AsyncIterator[Node]:
    asked = asyncio.Event()
    registry = CollectorRegistry()
    server = AdsServer(socket, asked.set, registry)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
            yield Node(server, channel, asked, registry)
    finally:
        await server.stop()


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Scenario], None]:
    async def whole(scenario: Scenario) -> None:
        async with node(tmp_path / "xds.sock") as made, asyncio.timeout(30):
            await scenario(made)

    return lambda scenario: asyncio.run(whole(scenario))


def resource(type_url: TypeUrl, name: str, version: str = "1") -> Resource:
    return Resource(type_url, name, version.encode(), version)


def known(name: str, version: str = "1") -> tuple[Resource, Resource]:
    """A cluster and its endpoints, which stay the same."""
    cluster = Resource(CLUSTER, name, version.encode(), version, ((ENDPOINT, name),))
    return cluster, resource(ENDPOINT, name)


def test_a_resource_arrives_as_it_is_in_the_snapshot(run: Callable[[Scenario], None]) -> None:
    async def scenario(node: Node) -> None:
        node.server.publish(Snapshot.of([resource(LISTENER, "out", "v")]))
        stream = node.aggregated()
        await stream.ask(LISTENER)
        (sent,) = (await stream.hear()).resources
        assert (sent.name, sent.version) == ("out", "v")
        assert (sent.resource.type_url, sent.resource.value) == (LISTENER, b"v")

    run(scenario)


def test_a_cluster_is_answered_when_it_is_published(run: Callable[[Scenario], None]) -> None:
    async def scenario(node: Node) -> None:
        clusters, others = node.on_demand(), node.aggregated()
        await clusters.ask(CLUSTER, "a")
        await node.until_asked("a")
        node.server.publish(Snapshot.of(known("a")))
        assert await clusters.names() == ["+a@1"]
        await others.ask(ENDPOINT, "a")
        assert await others.names() == ["+a@1"]

    run(scenario)


def test_endpoints_follow_once_more_when_envoy_has_taken_a_new_version_of_a_cluster(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(node: Node) -> None:
        node.server.publish(Snapshot.of(known("a")))
        clusters, others = node.on_demand(), node.aggregated()
        await clusters.ask(CLUSTER, "a")
        assert await clusters.names() == ["+a@1"]
        await others.ask(ENDPOINT, "a")
        assert await others.names() == ["+a@1"]
        node.server.publish(Snapshot.of(known("a", "2")))
        assert await clusters.names() == ["+a@2"]
        assert await others.names() == ["+a@1"]

    run(scenario)


def test_refused_names_are_said_not_to_exist_and_are_not_asked_any_more(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(node: Node) -> None:
        clusters = node.on_demand()
        await clusters.ask(CLUSTER, "a", "b")
        await node.until_asked("a", "b")
        node.server.publish(Snapshot.of(known("a")), gone={"b"})
        assert await clusters.names() == ["+a@1", "-b"]
        await node.until_asked("a")

    run(scenario)


def test_names_of_an_earlier_epoch_can_be_forgotten_and_asked_for_anew(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(node: Node) -> None:
        node.server.publish(Snapshot.of([*known("a"), *known("b")]))
        old, new = node.on_demand(epoch=1), node.on_demand(epoch=2)
        await old.ask(CLUSTER, "a", "b")
        assert await old.names() == ["+a@1", "+b@1"]
        await new.ask(CLUSTER, "b")
        assert await new.names() == ["+b@1"]
        node.server.publish(Snapshot.of([*known("a"), *known("b")]), epoch=2)
        node.server.forget(["b"], before=2)
        assert await old.names() == ["-b"]
        node.server.publish(Snapshot.of([*known("a"), *known("b", "2")]), epoch=2)
        assert await new.names() == ["+b@2"]

    run(scenario)


def test_the_names_of_a_stream_that_ends_are_not_asked_any_more(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(node: Node) -> None:
        first, second = node.on_demand(), node.on_demand()
        await first.ask(CLUSTER, "a")
        await node.until_asked("a")
        await second.ask(CLUSTER, "b")
        await node.until_asked("a", "b")
        first.close()
        await node.until_asked("b")

    run(scenario)


def test_what_envoy_refuses_is_counted_and_logged_with_its_reason(
    run: Callable[[Scenario], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(node: Node) -> None:
        node.server.publish(Snapshot.of([resource(LISTENER, "out")]))
        stream = node.aggregated()
        await stream.ask(LISTENER)
        await stream.answer(await stream.hear(), error="cannot bind '127.0.0.1:4140'\n")
        # answered after the refusal, on the same stream
        await stream.ask(ENDPOINT, "a")
        node.server.publish(Snapshot.of([resource(LISTENER, "out"), resource(ENDPOINT, "a")]))
        assert await stream.names() == ["+a@1"]
        rejected = node.registry.get_sample_value(
            "clew_mesh_rejections_total", {"type": "Listener"}
        )
        assert rejected == 1
        refused = {(LISTENER, "out"): "cannot bind '127.0.0.1:4140'"}
        assert node.server.refusals == refused
        node.server.publish(Snapshot.of([resource(LISTENER, "out", "2")]))
        assert node.server.refusals == {}

    run(scenario)
    own = [each.getMessage() for each in caplog.records if each.name.startswith("clew.")]
    assert own == ["Envoy refuses Listener out: cannot bind '127.0.0.1:4140'"]


def test_a_snapshot_with_a_reference_to_nothing_is_not_published(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(node: Node) -> None:
        cluster, endpoints = known("a")
        node.server.publish(Snapshot.of([cluster, endpoints]))
        with pytest.raises(InconsistentSnapshot, match="ClusterLoadAssignment b"):
            node.server.publish(Snapshot.of(known("b")[:1]))
        clusters = node.on_demand()
        await clusters.ask(CLUSTER, "a")
        assert await clusters.names() == ["+a@1"]

    run(scenario)

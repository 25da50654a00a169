"""The whole relay: what Envoy posts on the socket arrives enriched at every collector."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from tests.mesh.relay.collector import Collector, at
from tests.mesh.relay.test_backlog import counts
from tests.mesh.relay.test_enrich import FACTS, client_span, server_span

from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.enrich import enrich
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.relay import Relay
from clew.span.model import Span
from clew.span.proto3 import encode_list


async def post(path: Path, body: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    head = b"POST /api/v2/spans HTTP/1.1\r\nhost: spans\r\nconnection: close\r\n"
    writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_spans_are_enriched_and_go_to_every_telemeter(
    tmp_path: Path, registry: CollectorRegistry
) -> None:
    sent = [server_span(), client_span(), server_span(k="gone/7")]

    async def scenario() -> list[list[Span]]:
        async with Collector().running() as one, Collector().running() as other:
            metrics = BacklogMetrics(registry)
            exporters = [Exporter(at(c.port), metrics) for c in (one, other)]
            relay = Relay(tmp_path / "s", FACTS, exporters, registry)
            await relay.start()
            assert (await post(tmp_path / "s", encode_list(sent))).startswith(b"HTTP/1.1 202")
            await relay.stop()
        assert one.posts == other.posts
        return one.posts

    assert asyncio.run(scenario()) == [[enrich(span, FACTS) for span in sent]]
    assert counts(registry) == {"received": 6, "exported": 6, "unknown": 1}


def test_new_facts_hold_for_the_next_spans(tmp_path: Path, registry: CollectorRegistry) -> None:
    async def scenario() -> list[str | None]:
        async with Collector().running() as collector:
            exporter = Exporter(at(collector.port), BacklogMetrics(registry))
            relay = Relay(tmp_path / "s", {}, [exporter], registry)
            await relay.start()
            await post(tmp_path / "s", encode_list([server_span()]))
            relay.set_facts(FACTS)
            await post(tmp_path / "s", encode_list([server_span()]))
            await relay.stop()
        return [span.service for received in collector.posts for span in received]

    assert asyncio.run(scenario()) == ["clew", "0.0.0.0/4140"]


def test_new_exporters_get_the_next_spans_and_the_old_ones_finish(
    tmp_path: Path, registry: CollectorRegistry
) -> None:
    async def scenario() -> list[int]:
        async with Collector().running() as old, Collector().running() as new:
            metrics = BacklogMetrics(registry)
            exporters = [Exporter(at(c.port), metrics) for c in (old, new)]
            relay = Relay(tmp_path / "s", FACTS, exporters[:1], registry)
            await relay.start()
            await post(tmp_path / "s", encode_list([server_span()]))
            await relay.set_exporters(exporters[1:])
            await post(tmp_path / "s", encode_list([server_span(), client_span()]))
            await relay.stop()
        return [len(collector.names) for collector in (old, new)]

    assert asyncio.run(scenario()) == [1, 2]
    assert counts(registry) == {"received": 3, "exported": 3}


def test_an_exporter_that_stays_among_them_goes_on(
    tmp_path: Path, registry: CollectorRegistry
) -> None:
    async def scenario() -> list[int]:
        async with Collector().running() as kept, Collector().running() as added:
            metrics = BacklogMetrics(registry)
            exporters = [Exporter(at(c.port), metrics) for c in (kept, added)]
            relay = Relay(tmp_path / "s", FACTS, exporters[:1], registry)
            await relay.start()
            await relay.set_exporters(exporters)
            await post(tmp_path / "s", encode_list([server_span()]))
            await relay.stop()
        return [len(collector.names) for collector in (kept, added)]

    assert asyncio.run(scenario()) == [1, 1]


def test_what_is_no_list_of_spans_is_refused_and_counted(
    tmp_path: Path, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        relay = Relay(tmp_path / "s", FACTS, [], registry)
        await relay.start()
        assert (await post(tmp_path / "s", b"\x0a\x04")).startswith(b"HTTP/1.1 400")
        assert (await post(tmp_path / "s", encode_list([server_span()]))).startswith(
            b"HTTP/1.1 202"
        )
        await relay.stop()

    asyncio.run(scenario())
    assert registry.get_sample_value("clew_relay_posts_malformed_total") == 1
    assert "Truncated: length 4 > bytes available 0 reading List<Span> from proto3" in caplog.text


def test_without_a_telemeter_spans_are_taken_and_forgotten(
    tmp_path: Path, registry: CollectorRegistry
) -> None:
    async def scenario() -> None:
        relay = Relay(tmp_path / "s", FACTS, [], registry)
        await relay.start()
        answer = await post(tmp_path / "s", encode_list([server_span()]))
        await relay.stop()
        assert answer.startswith(b"HTTP/1.1 202")

    asyncio.run(scenario())
    assert counts(registry) == {}

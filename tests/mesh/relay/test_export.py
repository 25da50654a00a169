"""Exporters against a real collector on a socket: up, down, slow, busy and refusing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from tests.mesh.relay.collector import ACCEPTED, BAD, BUSY, Collector, at, until, unused_port
from tests.mesh.relay.test_backlog import counts

from clew.mesh.naming.bound import Address
from clew.mesh.relay import export
from clew.mesh.relay.backlog import BacklogMetrics
from clew.mesh.relay.collector import Collector as Place
from clew.mesh.relay.collector import Otlp, Zipkin
from clew.mesh.relay.export import Exporter, NoSuchCollector
from clew.mesh.relay.retry import Retry
from clew.span import otlp, otlp_answer
from clew.span.model import Span
from clew.span.normal import new_span
from clew.span.otlp import Export
from clew.span.proto3 import encode_list

QUICK = Retry(first=0.01, longest=0.05, give_up_after=60.0)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture(autouse=True)
def _counters_add_up(registry: CollectorRegistry) -> Iterator[None]:
    yield
    found = counts(registry)
    assert found.pop("received", 0) == sum(found.values())


def new_exporter(
    registry: CollectorRegistry,
    port: int,
    *,
    retry: Retry = QUICK,
    max_waiting: int = 1_000_000,
    timeout: float = 5.0,
) -> Exporter:
    metrics = BacklogMetrics(registry)
    return Exporter(
        at(port),
        metrics,
        retry=retry,
        max_waiting=max_waiting,
        timeout=timeout,
    )


def spans_named(*names: str) -> bytes:
    return encode_list(new_span(trace_id="1", id="2", name=name) for name in names)


def test_spans_arrive_as_proto3_over_one_connection(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        async with Collector().running() as collector:
            exporter = new_exporter(registry, collector.port)
            await exporter.start()
            exporter.offer(spans_named("a", "b"), 2)
            await until(lambda: counts(registry).get("exported") == 2)
            exporter.offer(spans_named("c"), 1)
            await until(lambda: counts(registry).get("exported") == 3)
            await exporter.stop()
        assert collector.names == ["a", "b", "c"]
        assert collector.connections == 1
        assert collector.heads[0].startswith("post /api/v2/spans http/1.1\r\n")
        assert "content-type: application/x-protobuf\r\n" in collector.heads[0]

    asyncio.run(scenario())
    assert counts(registry) == {"received": 3, "exported": 3}


def test_what_has_waited_goes_in_one_post(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        async with Collector().running() as collector:
            exporter = new_exporter(registry, collector.port)
            for name in "abc":
                exporter.offer(spans_named(name), 1)
            await exporter.start()
            await exporter.stop()
        assert [len(post) for post in collector.posts] == [3]

    asyncio.run(scenario())


def test_spans_that_come_soon_after_others_go_in_the_same_post(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        async with Collector().running() as collector:
            exporter = new_exporter(registry, collector.port)
            await exporter.start()
            for name in "abc":
                exporter.offer(spans_named(name), 1)
                await asyncio.sleep(0)  # the exporter runs between them
            await until(lambda: counts(registry).get("exported") == 3)
            await exporter.stop()
        assert [len(post) for post in collector.posts] == [3]

    asyncio.run(scenario())


def test_under_load_spans_wait_until_they_fill_a_post(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, part = spans_named(*"x" * export.BUSY_SPANS), spans_named(*"yz")
    monkeypatch.setattr(export, "MAX_POST", len(full))
    monkeypatch.setattr(export, "BUSY_SECONDS", 3600.0)

    async def scenario() -> None:
        async with Collector().running() as collector:
            exporter = new_exporter(registry, collector.port)
            await exporter.start()
            exporter.offer(full, export.BUSY_SPANS)
            await until(lambda: counts(registry).get("exported") == export.BUSY_SPANS)
            parts = export.BUSY_SPANS // 2
            for _ in range(parts - 1):
                exporter.offer(part, 2)
            await asyncio.sleep(2 * export.GATHER_SECONDS)
            assert len(collector.posts) == 1
            exporter.offer(part, 2)
            await until(lambda: counts(registry).get("exported") == 2 * export.BUSY_SPANS)
            exporter.offer(part, 2)
            await exporter.stop()
        assert [len(post) for post in collector.posts] == [100, 100, 2]

    asyncio.run(scenario())


def test_spans_wait_while_the_collector_is_down(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        collector = Collector(port=unused_port())
        exporter = new_exporter(registry, collector.port)
        await exporter.start()
        exporter.offer(spans_named("early"), 1)
        await until(lambda: len(caplog.records) > 0)
        exporter.offer(spans_named("later"), 1)
        assert counts(registry) == {"received": 2, "waiting": 2}
        async with collector.running():
            await until(lambda: counts(registry).get("exported") == 2)
            await exporter.stop()
        assert collector.names == ["early", "later"]

    with caplog.at_level(logging.INFO):
        asyncio.run(scenario())
    said = [r.getMessage() for r in caplog.records if r.name == "clew.mesh.relay.export"]
    assert len(said) == 2, "away and back are said once each, however many tries there were"
    assert "All connection attempts failed" in said[0]
    assert said[1].endswith("takes spans again")


def test_a_busy_collector_gets_the_same_spans_again(registry: CollectorRegistry) -> None:
    def busy_twice(number: int, spans: list[Span]) -> str:
        return BUSY if number <= 2 else ACCEPTED

    async def scenario() -> None:
        async with Collector(busy_twice).running() as collector:
            exporter = new_exporter(registry, collector.port)
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await until(lambda: counts(registry).get("exported") == 1)
            await exporter.stop()
        assert collector.names == ["a", "a", "a"]

    asyncio.run(scenario())
    assert counts(registry) == {"received": 1, "exported": 1}


def test_retry_after_is_kept_to(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        answer = BUSY.replace("retry-after: 0", "retry-after: 3600")
        async with Collector(lambda number, spans: answer).running() as collector:
            patient = Retry(first=0.01, longest=3600, give_up_after=7200)
            exporter = new_exporter(registry, collector.port, retry=patient)
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await until(lambda: len(collector.posts) == 1)
            await asyncio.sleep(0.1)
            assert len(collector.posts) == 1
            await exporter.stop(grace=0.1)

    asyncio.run(scenario())
    assert counts(registry) == {"received": 1, "stopped": 1}


def test_refused_spans_are_dropped_and_the_others_go_on(registry: CollectorRegistry) -> None:
    def refuse_bad(number: int, spans: list[Span]) -> str:
        return BAD if any(span.name == "bad" for span in spans) else ACCEPTED

    async def scenario() -> None:
        async with Collector(refuse_bad).running() as collector:
            exporter = new_exporter(registry, collector.port)
            for names in (["a"], ["bad", "with it"], ["b"]):
                exporter.offer(spans_named(*names), len(names))
            await exporter.start()
            await exporter.stop()
            sent = [[span.name for span in post] for post in collector.posts]
        assert sent == [["a", "bad", "with it", "b"], ["a"], ["bad", "with it"], ["b"]]

    asyncio.run(scenario())
    assert counts(registry) == {"received": 4, "exported": 2, "refused": 2}


def test_a_refusal_is_said_with_the_collectors_reason(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with Collector(lambda number, spans: BAD).running() as collector:
            exporter = new_exporter(registry, collector.port)
            exporter.offer(spans_named("bad"), 1)
            await exporter.start()
            await exporter.stop()

    asyncio.run(scenario())
    assert "refused 1 spans: 400 traceId is all zeros" in caplog.text


def test_a_collector_that_does_not_answer_is_tried_again(registry: CollectorRegistry) -> None:
    def silent_once(number: int, spans: list[Span]) -> str | None:
        return None if number == 1 else ACCEPTED

    async def scenario() -> None:
        async with Collector(silent_once).running() as collector:
            exporter = new_exporter(registry, collector.port, timeout=0.1)
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await until(lambda: counts(registry).get("exported") == 1)
            await exporter.stop()
        assert len(collector.posts) == 2

    asyncio.run(scenario())


def test_spans_that_cannot_be_sent_in_time_are_dropped(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        retry = Retry(first=0.01, longest=0.02, give_up_after=0.05)
        exporter = new_exporter(registry, unused_port(), retry=retry)
        await exporter.start()
        exporter.offer(spans_named("a"), 1)
        await until(lambda: counts(registry).get("expired") == 1)
        await exporter.stop()

    asyncio.run(scenario())
    assert counts(registry) == {"received": 1, "expired": 1}


def test_a_full_backlog_drops_new_spans(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        body = spans_named("a", "b")
        exporter = new_exporter(registry, unused_port(), max_waiting=len(body))
        exporter.offer(body, 2)
        exporter.offer(spans_named("c"), 1)
        assert counts(registry) == {"received": 3, "full": 1, "waiting": 2}
        await exporter.start()
        await exporter.stop(grace=0.05)

    asyncio.run(scenario())
    assert counts(registry) == {"received": 3, "full": 1, "stopped": 2}
    assert "the backlog is full" in caplog.text


def test_stop_sends_what_waits(registry: CollectorRegistry) -> None:
    def busy_once(number: int, spans: list[Span]) -> str:
        return BUSY.replace("retry-after: 0", "retry-after: 3600") if number == 1 else ACCEPTED

    async def scenario() -> None:
        async with Collector(busy_once).running() as collector:
            patient = Retry(first=0.01, longest=3600, give_up_after=7200)
            exporter = new_exporter(registry, collector.port, retry=patient)
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await until(lambda: len(collector.posts) == 1)
            exporter.offer(spans_named("b"), 1)
            await exporter.stop()
        assert collector.names == ["a", "a", "b"]

    asyncio.run(scenario())
    assert counts(registry) == {"received": 2, "exported": 2}


def test_a_stop_does_not_wait_as_long_as_a_busy_collector_asks(
    registry: CollectorRegistry,
) -> None:
    stops: list[asyncio.Task[None]] = []

    async def scenario() -> None:
        def busy_while_it_stops(number: int, spans: list[Span]) -> str:
            if number > 1:
                return ACCEPTED
            stops.append(asyncio.create_task(exporter.stop()))
            return BUSY.replace("retry-after: 0", "retry-after: 3600")

        async with Collector(busy_while_it_stops).running() as collector:
            patient = Retry(first=0.01, longest=3600, give_up_after=7200)
            exporter = new_exporter(registry, collector.port, retry=patient)
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await until(lambda: bool(stops))
            await stops[0]
        assert collector.names == ["a", "a"]

    asyncio.run(scenario())


def test_the_proxy_of_the_applications_is_not_used(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    test_spans_arrive_as_proto3_over_one_connection(registry)


def test_a_dead_telemeter_does_not_hold_up_another(registry: CollectorRegistry) -> None:
    async def scenario() -> None:
        metrics = BacklogMetrics(registry)
        async with Collector().running() as collector:
            dead = Exporter(at(unused_port()), metrics, retry=QUICK)
            alive = Exporter(at(collector.port), metrics, retry=QUICK)
            for exporter in (dead, alive):
                await exporter.start()
                exporter.offer(spans_named("a"), 1)
            await until(lambda: collector.names == ["a"])
            assert value(registry, "waiting", dead) == 1
            await alive.stop()
            await dead.stop(grace=0.05)
        assert value(registry, "exported_total", alive) == 1
        assert value(registry, "exported_total", dead) == 0

    def value(registry: CollectorRegistry, name: str, exporter: Exporter) -> float | None:
        return registry.get_sample_value(
            f"clew_relay_spans_{name}", {"telemeter": exporter.telemeter}
        )

    asyncio.run(scenario())


def test_a_telemeter_may_name_another_host_to_its_collector(registry: CollectorRegistry) -> None:
    async def scenario() -> str:
        async with Collector().running() as collector:
            exporter = Exporter(
                at(collector.port, Zipkin("zipkin")),
                BacklogMetrics(registry),
            )
            await exporter.start()
            exporter.offer(spans_named("a"), 1)
            await exporter.stop()
        return collector.heads[0]

    assert "\r\nhost: zipkin\r\n" in asyncio.run(scenario())


def test_a_host_that_cannot_be_one_is_refused_at_once(registry: CollectorRegistry) -> None:
    with pytest.raises(NoSuchCollector, match="spans cannot be sent to http://"):
        Exporter(Place(Address("zipkin:9411", 9411)), BacklogMetrics(registry))


def test_an_ipv6_address_is_a_host(registry: CollectorRegistry) -> None:
    exporter = Exporter(Place(Address("::1", 9411)), BacklogMetrics(registry))
    assert exporter.telemeter == "[::1]:9411"


def sent_by_otlp(registry: CollectorRegistry, status: str, body: bytes, *names: str) -> Collector:
    """A collector that was sent these spans and answers so."""
    answer = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body.decode()}"
    collector = Collector(lambda number, spans: answer, read=otlp.decode_list)

    async def scenario() -> None:
        async with collector.running():
            place = at(collector.port, Otlp("/v1/traces"))
            exporter = Exporter(place, BacklogMetrics(registry))
            await exporter.start()
            exporter.offer(spans_named(*names), len(names))
            await exporter.stop()

    asyncio.run(scenario())
    return collector


def test_spans_go_by_otlp_and_what_is_rejected_is_said(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    rejected = otlp_answer.success(Export([], 1, "too old"))
    collector = sent_by_otlp(registry, "200 OK", rejected, "a", "b")
    assert collector.names == ["a", "b"]
    assert collector.heads[0].startswith("post /v1/traces http/1.1\r\n")
    assert "content-type: application/x-protobuf\r\n" in collector.heads[0]
    (said,) = caplog.messages
    assert said.endswith("/v1/traces: refused 1 spans: 1 of 1 spans: too old")
    assert counts(registry) == {"received": 2, "exported": 2}


def test_why_otlp_refuses_is_said_in_words(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    sent_by_otlp(registry, "400 Bad", otlp_answer.failure(3, "no ids"), "a")
    assert caplog.messages[0].endswith("refused 1 spans: 400 no ids")
    assert counts(registry) == {"received": 1, "refused": 1}

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence

import pytest

from clew.errors import ClewError
from clew.mesh.config.telemetry import StatsDTelemeter
from clew.mesh.serve.metrics import Count, Metric, Scope
from clew.mesh.serve.statsd_sender import StatsD

METRICS: list[Metric] = [Count(Scope((("rt", "out"),)), "connections", 7)]


async def metrics() -> Sequence[Metric]:
    return METRICS


def test_reports_are_sent_as_long_as_a_telemeter_wants_them() -> None:
    async def scenario() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            receiver.setblocking(False)
            port = receiver.getsockname()[1]
            telemeter = StatsDTelemeter(port=port, prefix="mesh", gauge_interval_ms=5)
            statsd = StatsD(metrics)
            statsd.use([telemeter])
            loop = asyncio.get_running_loop()
            for _ in range(2):
                assert await loop.sock_recv(receiver, 100) == b"mesh.rt.out.connections:7|g"
            statsd.use([])
            await statsd.stop()

    asyncio.run(scenario())


def test_a_report_that_cannot_be_made_is_said_once_and_the_next_is_tried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        tries = 0
        third = asyncio.Event()

        async def away() -> Sequence[Metric]:
            nonlocal tries
            tries += 1
            if tries == 3:
                third.set()
            raise ClewError("Envoy does not answer")

        statsd = StatsD(away)
        statsd.use([StatsDTelemeter(gauge_interval_ms=1)])
        await third.wait()
        await statsd.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        "metrics are not sent to StatsD at 127.0.0.1:8125: Envoy does not answer"
    ]

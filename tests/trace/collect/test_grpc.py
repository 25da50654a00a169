from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest
from tests.trace.collect.standins import MoodyStore, eventually

from clew.span import proto3
from clew.span.normal import new_span
from clew.trace.collect.body import WIRE_LIMIT
from clew.trace.collect.counts import Counts
from clew.trace.collect.grpc import GRPC_OPTIONS, GrpcCollector
from clew.trace.collect.intake import Intake
from clew.trace.collect.sampler import Sampler

SPANS = proto3.encode_list([new_span(trace_id="1", id="1"), new_span(trace_id="1", id="2")])


def report(directory: Path, *messages: bytes, in_flight: int = 1 << 28) -> tuple[list[int], Counts]:
    """Send ``messages`` in turn; the ids of what is stored, and the counts, after all of them.

    Raises the error of the first message that is refused.
    """
    store, counts = MoodyStore(), Counts("grpc")
    intake = Intake(directory / "log", store, Sampler(), counts, in_flight=in_flight)

    async def run() -> None:
        server = grpc.aio.server(options=GRPC_OPTIONS)
        GrpcCollector(intake.collector, intake.room, counts).serve_on(server)
        server.add_insecure_port(f"unix:{directory}/socket")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"unix:{directory}/socket") as channel:
                call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                    "/zipkin.proto3.SpanService/Report"
                )
                for message in messages:
                    assert await call(message) == b""
        finally:
            await server.stop(None)

    intake.start()
    try:
        asyncio.run(run())
    finally:
        intake.close(60)
    eventually(lambda: counts.totals().waiting == 0)
    assert intake.room.used == 0
    return store.ids, counts


def test_a_report_is_stored(tmp_path: Path) -> None:
    ids, counts = report(tmp_path, SPANS)
    assert ids == [1, 2]
    assert counts.as_zipkin()["counter.zipkin_collector.spans.grpc"] == 2
    assert counts.as_zipkin()["counter.zipkin_collector.bytes.grpc"] == len(SPANS)


def test_a_report_of_nothing_is_fine(tmp_path: Path) -> None:
    assert report(tmp_path, b"")[0] == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"garbage", grpc.StatusCode.INVALID_ARGUMENT),
        (SPANS[:-1], grpc.StatusCode.INVALID_ARGUMENT),
        (bytes(WIRE_LIMIT + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_whole(
    tmp_path: Path, message: bytes, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        report(tmp_path, message)
    assert error.value.code() is code


def test_when_too_much_waits_senders_are_told_to_come_again(tmp_path: Path) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        report(tmp_path, SPANS, in_flight=len(SPANS) - 1)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE

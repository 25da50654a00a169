from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.span.otlp_writing import SPAN, as_json, as_protobuf, attribute, request, span
from tests.trace.collect.standins import MoodyStore, eventually

from clew.trace.collect.body import DECOMPRESSED_LIMIT, WIRE_LIMIT
from clew.trace.collect.counts import REJECTED, SAMPLED_OUT, Counts
from clew.trace.collect.grpc import GRPC_OPTIONS
from clew.trace.collect.intake import Intake
from clew.trace.collect.otlp import OnlyOtlp, OtlpCollector
from clew.trace.collect.sampler import Sampler

ID = int(SPAN, 16)
ONE = request(span(attributes=[attribute("a", 1)]))
PARTLY = request(span(), span(spanId=""), span(traceId="00"))
SAID = "2 of 3 spans: a span id has 0 bytes, not 8"
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
GZIP = {"Content-Encoding": "gzip"}


class Server:
    """OTLP's path and service on a moody store."""

    def __init__(self, directory: Path, rate: float = 1, in_flight: int = 1 << 28) -> None:
        self.directory = directory
        self.store = MoodyStore()
        self.counts = Counts()
        self.intake = Intake(
            directory / "log", self.store, Sampler(rate), self.counts, in_flight=in_flight
        )
        self.intake.start()
        self.otlp = OtlpCollector(self.intake.collector, self.intake.room, self.counts, 0.2)
        self.app = Starlette(routes=self.otlp.routes())

    def post(
        self, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str]
    ) -> httpx.Response:
        return ask(self.app, "POST", "/v1/traces", content=body, headers=headers)

    def export(self, *messages: bytes, **options: Any) -> list[bytes]:
        """The answers to calls over gRPC. Raises AioRpcError for the first that is refused."""

        async def run() -> list[bytes]:
            server = grpc.aio.server(options=GRPC_OPTIONS)
            self.otlp.serve_on(server)
            server.add_insecure_port(f"unix:{self.directory}/socket")
            await server.start()
            try:
                async with grpc.aio.insecure_channel(f"unix:{self.directory}/socket") as channel:
                    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                        "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
                    )
                    return [await call(message, **options) for message in messages]
            finally:
                await server.stop(None)

        return asyncio.run(run())

    def ids(self) -> list[int]:
        """What is stored once nothing waits."""
        self.intake.close(60)
        eventually(lambda: self.counts.totals().waiting == 0)
        assert self.counts.totals().balanced
        assert self.intake.room.used == 0
        return sorted(self.store.ids)


def ask(app: Starlette, method: str, path: str, **options: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://clew:4318") as client:
            return await client.request(method, path, **options)

    return asyncio.run(run())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


@contextlib.contextmanager
def serving(directory: Path, **options: Any) -> Iterator[Server]:
    server = Server(directory, **options)
    try:
        yield server
    finally:
        if server.counts.totals().waiting:
            server.intake.close(60)


@pytest.mark.parametrize(
    ("body", "headers", "answer"),
    [
        pytest.param(as_protobuf(ONE), PROTOBUF, b"", id="protobuf"),
        pytest.param(gzip.compress(as_protobuf(ONE)), PROTOBUF | GZIP, b"", id="gzip protobuf"),
        pytest.param(as_json(ONE), JSON, b"{}", id="json"),
        pytest.param(gzip.compress(as_json(ONE)), JSON | GZIP, b"{}", id="gzip json"),
        pytest.param(
            as_json(ONE),
            {"Content-Type": "Application/JSON; charset=utf-8"},
            b"{}",
            id="a type with a charset",
        ),
    ],
)
def test_a_request_is_stored_and_answered_as_it_was_written(
    server: Server, body: bytes, headers: Mapping[str, str], answer: bytes
) -> None:
    response = server.post(body, headers)
    assert (response.status_code, response.content) == (200, answer)
    assert response.headers["content-type"] == headers["Content-Type"].lower().partition(";")[0]
    assert server.ids() == [ID]
    assert server.counts.as_zipkin()["counter.zipkin_collector.spans.otlp_http"] == 1


def test_a_request_of_nothing_is_fine(server: Server) -> None:
    assert server.post(b"", PROTOBUF).status_code == 200
    assert server.post(b"{}", JSON).status_code == 200
    assert server.export(b"") == [b""]
    assert server.ids() == []


def test_spans_with_bad_ids_are_left_out_counted_and_told(server: Server) -> None:
    assert server.post(as_json(PARTLY), JSON).json() == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": SAID}
    }
    told = b"\x08\x02\x12" + bytes([len(SAID)]) + SAID.encode()
    told = b"\x0a" + bytes([len(told)]) + told
    assert server.post(as_protobuf(PARTLY), PROTOBUF).content == told
    assert server.export(as_protobuf(PARTLY)) == [told]
    assert server.ids() == [ID] * 3
    totals = server.counts.totals()
    assert (totals.accepted, totals.stored, totals.dropped) == (9, 3, {REJECTED: 6})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "message"),
    [
        pytest.param(
            b"x",
            PROTOBUF,
            400,
            3,
            "Malformed reading ExportTraceServiceRequest from proto3",
            id="no protobuf",
        ),
        pytest.param(
            b"[]",
            JSON,
            400,
            3,
            "Expected an object at $ reading ExportTraceServiceRequest from json",
            id="no request",
        ),
        pytest.param(b"{}", JSON | GZIP, 400, 3, "Cannot gunzip spans", id="no gzip"),
        pytest.param(
            b"x" * (WIRE_LIMIT + 1),
            PROTOBUF,
            413,
            8,
            "the body is larger than 10485760 bytes",
            id="too large",
        ),
        pytest.param(
            gzip.compress(bytes(DECOMPRESSED_LIMIT + 1)),
            JSON | GZIP,
            413,
            8,
            "the body is larger than 33554432 bytes, decompressed",
            id="too large after gunzip",
        ),
    ],
)
def test_what_is_no_request_is_refused_as_it_was_written(
    server: Server,
    body: bytes,
    headers: Mapping[str, str],
    status: int,
    code: int,
    message: str,
) -> None:
    response = server.post(body, headers)
    assert response.status_code == status
    if headers["Content-Type"] == "application/json":
        assert response.json() == {"code": code, "message": message}
    else:
        size = bytes([len(message)])
        assert response.content == b"\x08" + bytes([code]) + b"\x12" + size + message.encode()
    assert server.ids() == []


def test_another_content_type_is_refused(server: Server) -> None:
    assert server.post(b"{}", {"Content-Type": "text/plain"}).status_code == 415
    assert server.post(b"{}", {}).status_code == 415
    assert server.counts.as_zipkin()["counter.zipkin_collector.messages_dropped.otlp_http"] == 2


def test_a_body_that_never_ends_is_given_up(server: Server) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(3600)

    response = server.post(stalled(), JSON)
    assert (response.status_code, response.json()["code"]) == (408, 4)


def test_when_too_much_waits_senders_are_told_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path, in_flight=10) as server:
        response = server.post(as_json(ONE), JSON)
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.json()["code"] == 14
        with pytest.raises(grpc.aio.AioRpcError) as error:
            server.export(as_protobuf(ONE))
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        assert server.ids() == []


def test_traces_are_sampled(tmp_path: Path) -> None:
    with serving(tmp_path, rate=0) as server:
        assert server.post(as_json(PARTLY), JSON).status_code == 200
        assert server.ids() == []
        assert server.counts.totals().dropped == {SAMPLED_OUT: 1, REJECTED: 2}


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_request_over_grpc_is_stored(server: Server, compression: grpc.Compression) -> None:
    assert server.export(as_protobuf(ONE), compression=compression) == [b""]
    assert server.ids() == [ID]
    assert server.counts.as_zipkin()["counter.zipkin_collector.spans.otlp_grpc"] == 1


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"garbage", grpc.StatusCode.INVALID_ARGUMENT),
        (bytes(WIRE_LIMIT + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_what_is_no_request_over_grpc_is_refused(
    server: Server, message: bytes, code: grpc.StatusCode, compression: grpc.Compression
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        server.export(message, compression=compression)
    assert error.value.code() is code
    assert server.ids() == []


def test_otlps_own_ports_serve_nothing_else() -> None:
    def said(text: str) -> Any:
        return lambda request: PlainTextResponse(text)

    routes = [Route("/v1/traces", said("traces")), Route("/api/v2/services", said("services"))]
    own = Starlette(routes=routes, middleware=[Middleware(OnlyOtlp, ports=[4318])])
    other = Starlette(routes=routes, middleware=[Middleware(OnlyOtlp, ports=[4317])])
    assert ask(own, "GET", "/v1/traces").text == "traces"
    assert ask(own, "GET", "/api/v2/services").status_code == 404
    assert ask(other, "GET", "/api/v2/services").text == "services"


def test_damaged_requests_are_taken_or_refused_whole(server: Server) -> None:
    bodies = st.sampled_from([as_protobuf(ONE), as_json(ONE), gzip.compress(as_json(ONE))])

    @given(bodies, st.data(), st.sampled_from([PROTOBUF, JSON, JSON | GZIP]))
    @settings(deadline=None, max_examples=100)
    def check(body: bytes, data: st.DataObject, headers: Mapping[str, str]) -> None:
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        before = server.counts.totals().accepted
        status = server.post(
            body[:start] + data.draw(st.binary()) + body[end:], headers
        ).status_code
        assert status in (200, 400)
        assert status == 200 or server.counts.totals().accepted == before

    check()
    server.ids()

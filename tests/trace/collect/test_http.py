from __future__ import annotations

import asyncio
import errno
import gzip
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from tests.trace.collect.standins import MoodyStore, eventually

from clew.span import json_v2, proto3, thrift
from clew.span.model import Annotation, Kind, Micros
from clew.span.normal import new_endpoint, new_span
from clew.trace.collect.body import DECOMPRESSED_LIMIT, WIRE_LIMIT
from clew.trace.collect.counts import NO_ROOM, NOT_LOGGED, SAMPLED_OUT, Counts
from clew.trace.collect.http import HttpCollector
from clew.trace.collect.intake import Intake
from clew.trace.collect.room import WhenFull
from clew.trace.collect.sampler import Sampler

SPANS = [new_span(trace_id="1", id="1"), new_span(trace_id="7fffffffffffffff", id="2")]
JSON = json_v2.encode_list(SPANS)
PROTO3 = proto3.encode_list(SPANS)
PROTOBUF = {"Content-Type": "application/x-protobuf"}
GZIP = {"Content-Encoding": "gzip"}
JSON_V1 = b'[{"traceId":"1","id":"1"},{"traceId":"1","id":"2","binaryAnnotations":[]}]'
THRIFT = thrift.encode_list(SPANS)
THRIFT_TYPE = {"Content-Type": "application/x-thrift"}


RICH = new_span(
    trace_id="463ac35c9f6413ad48485a3953bb6124",
    parent_id="6b221d5bc9e6496c",
    id="5b4185666d50f68b",
    kind=Kind.CLIENT,
    name="get",
    timestamp=1_700_000_000_000_000,
    duration=207_000,
    local_endpoint=new_endpoint(service_name="frontend", ipv4="127.0.0.1", port=80),
    remote_endpoint=new_endpoint(service_name="backend", ipv6="2001:db8::c001"),
    annotations=[Annotation(timestamp=Micros(1_700_000_000_000_001), value="foo")],
    tags={"http.path": "/api", "error": ""},
    debug=True,
)
RICH_JSON = json_v2.encode_list([RICH, *SPANS])
RICH_PROTO3 = proto3.encode_list([RICH, *SPANS])
RICH_THRIFT = thrift.encode_list([RICH, *SPANS])
RICH_GZIP = gzip.compress(RICH_JSON)


RICH_JSON_V1 = json.dumps(
    [
        {
            "traceId": "463ac35c9f6413ad48485a3953bb6124",
            "id": "5b4185666d50f68b",
            "name": "get",
            "annotations": [
                {"timestamp": 1, "value": "cs", "endpoint": {"serviceName": "a", "port": 80}},
                {"timestamp": 2, "value": "sr", "endpoint": {"serviceName": "b"}},
            ],
            "binaryAnnotations": [
                {"key": "http.path", "value": "/api", "endpoint": {"serviceName": "a"}},
                {"key": "sa", "value": True, "endpoint": {"ipv4": "1.2.3.4"}},
            ],
        }
    ]
).encode()


class Server:
    """The collector's path on a moody store, asked without a network."""

    def __init__(
        self,
        directory: Path,
        rate: float = 1,
        in_flight: int = 1 << 28,
        when_full: WhenFull = WhenFull.REFUSE,
    ) -> None:
        self.store = MoodyStore()
        self.counts = Counts("http")
        self.intake = Intake(
            directory,
            self.store,
            Sampler(rate),
            self.counts,
            in_flight=in_flight,
            seal_seconds=0,
            when_full=when_full,
        )
        self.intake.start()
        self.http = HttpCollector(self.intake.collector, self.intake.room, self.counts, 0.2)
        self.app = Starlette(routes=self.http.routes())

    def post(
        self,
        body: bytes | AsyncIterator[bytes],
        headers: Mapping[str, str] | None = None,
        path: str = "/api/v2/spans",
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
                return await client.post(path, content=body, headers=headers)

        return asyncio.run(ask())

    def ids(self) -> list[int]:
        """What is stored once nothing waits."""
        eventually(lambda: self.counts.totals().waiting == 0)
        assert self.counts.totals().balanced
        return sorted(self.store.ids)


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def new(**settings: Any) -> Server:
        servers.append(Server(tmp_path / str(len(servers)), **settings))
        return servers[-1]

    yield new
    for server in servers:
        server.intake.close(60)


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    return new_server()


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def stalled() -> AsyncIterator[bytes]:
    yield b"["
    await asyncio.sleep(3600)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(JSON, {"Content-Type": "application/json"}, id="json"),
        pytest.param(JSON, {"Content-Type": "application/json; charset=utf-8"}, id="with charset"),
        pytest.param(JSON, {}, id="no content type means json"),
        pytest.param(JSON, {"Content-Type": "text/plain"}, id="another means json"),
        pytest.param(PROTO3, PROTOBUF, id="proto3"),
        pytest.param(gzip.compress(JSON), GZIP, id="gzip"),
        pytest.param(gzip.compress(PROTO3), PROTOBUF | GZIP, id="gzip proto3"),
        pytest.param(
            gzip.compress(JSON), {"Content-Encoding": "x-gzip, y"}, id="whatever has gzip in it"
        ),
        pytest.param(b" \n" + JSON, {}, id="blanks before the list"),
        pytest.param(JSON + b"!", {}, id="something behind the list"),
    ],
)
def test_spans_are_accepted_and_stored(
    server: Server, body: bytes, headers: Mapping[str, str]
) -> None:
    response = server.post(body, headers)
    assert (response.status_code, response.content) == (202, b"")
    assert server.ids() == [1, 2]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(JSON_V1, {"Content-Type": "application/json"}, id="json"),
        pytest.param(JSON_V1, {}, id="no content type means json"),
        pytest.param(THRIFT, THRIFT_TYPE, id="thrift"),
        pytest.param(gzip.compress(THRIFT), THRIFT_TYPE | GZIP, id="gzip thrift"),
        pytest.param(b"\x0b" + THRIFT[1:], THRIFT_TYPE, id="an old reporter's thrift"),
    ],
)
def test_v1_is_accepted_at_its_own_path(
    server: Server, body: bytes, headers: Mapping[str, str]
) -> None:
    response = server.post(body, headers, "/api/v1/spans")
    assert (response.status_code, response.content) == (202, b"")
    assert server.post(b"", headers, "/api/v1/spans").status_code == 202
    assert server.ids() == [1, 2]


@pytest.mark.parametrize(
    ("body", "headers", "answer"),
    [
        (b"{}", {}, "Expected a JSON_V1 encoded list\n"),
        (b"hello", THRIFT_TYPE, "Expected a THRIFT encoded list\n"),
        (
            b'[{"traceId":"1","id":"1","tags":{}}]',
            {},
            "Expected a JSON_V1 encoded list, but received: JSON_V2\n",
        ),
        (b'[{"traceId":"0","id":"1"}]', {}, "traceId == 0 reading List<Span> from json"),
        (
            THRIFT[:-1],
            THRIFT_TYPE,
            "Truncated: length 1 > bytes available 0 reading List<Span> from TBinary",
        ),
        (THRIFT, {}, "Malformed reading List<Span> from json"),
    ],
)
def test_what_is_no_list_of_v1_is_refused_whole(
    server: Server, body: bytes, headers: Mapping[str, str], answer: str
) -> None:
    response = server.post(body, headers, "/api/v1/spans")
    assert (response.status_code, response.text) == (400, answer)
    assert server.ids() == []


def test_a_chunked_body_is_accepted(server: Server) -> None:
    assert server.post(pieces(JSON, 7)).status_code == 202
    assert server.ids() == [1, 2]


@pytest.mark.parametrize("body", [b"", b"[]"])
@pytest.mark.parametrize("headers", [{}, PROTOBUF])
def test_nothing_is_accepted_as_nothing(
    server: Server, body: bytes, headers: Mapping[str, str]
) -> None:
    assert server.post(body, headers).status_code == 202
    assert server.counts.as_zipkin()["counter.zipkin_collector.messages.http"] == 1
    assert server.counts.as_zipkin()["counter.zipkin_collector.bytes.http"] == 0
    assert server.ids() == []


@pytest.mark.parametrize(
    ("body", "headers", "answer"),
    [
        (b"{}", {}, "Expected a JSON_V2 encoded list\n"),
        (b"hello", {}, "Expected a JSON_V2 encoded list\n"),
        (b"hello", PROTOBUF, "Expected a PROTO3 encoded list\n"),
        (b"\x0a\x00", PROTOBUF, "Expected a PROTO3 encoded list\n"),
        (
            b'[{"traceId":"1","id":"1","binaryAnnotations":[]}]',
            {},
            "Expected a JSON_V2 encoded list, but received: JSON_V1\n",
        ),
        (b'[{"traceId":"1"}]', {}, "Missing : id reading List<Span> from json"),
        (JSON[:-1] + b",null]", {}, "Malformed reading List<Span> from json"),
        (JSON, PROTOBUF, "Malformed reading List<Span> from proto3"),
        (PROTO3, {}, "Malformed reading List<Span> from json"),
        (JSON, GZIP, "Cannot gunzip spans"),
        (gzip.compress(b""), GZIP, "Cannot gunzip spans"),
        (gzip.compress(b"{}"), GZIP, "Expected a JSON_V2 encoded list\n"),
    ],
)
def test_what_is_no_list_of_spans_is_refused_whole(
    server: Server, body: bytes, headers: Mapping[str, str], answer: str
) -> None:
    response = server.post(body, headers)
    assert (response.status_code, response.text) == (400, answer)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert server.counts.as_zipkin()["counter.zipkin_collector.messages_dropped.http"] == 1
    assert server.ids() == []


def test_an_answer_does_not_repeat_all_that_was_sent(server: Server) -> None:
    long = b"x" * 10_000
    response = server.post(
        b'[{"traceId":"1","id":"2","parentId":null,"tags":{"' + long + b'":[]}}]'
    )
    assert response.status_code == 400
    assert len(response.text) <= 1000


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"[" + b" " * WIRE_LIMIT + b"]", {}, id="on the wire"),
        pytest.param(gzip.compress(bytes(DECOMPRESSED_LIMIT + 1)), GZIP, id="after gunzip"),
    ],
)
def test_what_is_too_large_is_refused(
    server: Server, body: bytes, headers: Mapping[str, str]
) -> None:
    assert server.post(body, headers).status_code == 413
    assert server.post(pieces(body, 1 << 20), headers).status_code == 413
    assert server.intake.room.used == 0
    assert server.ids() == []


def test_who_asks_before_sending_too_much_is_told_so_at_once(server: Server) -> None:
    headers = {"Expect": "100-continue", "Content-Length": str(WIRE_LIMIT + 1)}
    assert server.post(stalled(), headers).status_code == 413


def test_a_body_of_the_wire_limit_is_accepted(server: Server) -> None:
    body = JSON[:-1].ljust(WIRE_LIMIT - 1) + b"]"
    assert server.post(body).status_code == 202
    assert server.ids() == [1, 2]


def test_a_body_that_never_ends_is_given_up(server: Server) -> None:
    response = server.post(stalled())
    assert response.status_code == 408
    assert response.headers["connection"] == "close"
    assert server.intake.room.used == 0


def test_when_too_much_waits_senders_are_told_to_come_again(
    new_server: Callable[..., Server],
) -> None:
    server = new_server(in_flight=2 * len(JSON))
    server.store.away.set()
    assert [server.post(JSON).status_code for _ in range(3)] == [202, 202, 503]
    response = server.post(JSON)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert server.counts.totals().accepted == 4
    server.store.away.clear()
    assert server.ids() == [1, 1, 2, 2]
    assert server.intake.room.used == 0
    assert server.post(JSON).status_code == 202


def full(fd: int, pieces: Sequence[Any]) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_when_the_disk_is_full_senders_are_told_to_come_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        response = server.post(JSON)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "No space left on device" in response.text
    assert server.post(JSON).status_code == 202
    assert server.ids() == [1, 2]


def test_on_request_what_finds_no_room_is_answered_as_by_zipkin_and_counted(
    new_server: Callable[..., Server],
) -> None:
    server = new_server(in_flight=2 * len(JSON), when_full=WhenFull.DROP)
    server.store.away.set()
    assert [server.post(JSON).status_code for _ in range(4)] == [202] * 4
    totals = server.counts.totals()
    assert (totals.accepted, totals.dropped) == (8, {NO_ROOM: 4})
    server.store.away.clear()
    assert server.ids() == [1, 1, 2, 2]


def test_on_request_what_cannot_be_logged_is_answered_as_by_zipkin_and_counted(
    new_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = new_server(when_full=WhenFull.DROP)
    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", full)
        assert server.post(JSON).status_code == 202
    assert server.counts.totals().dropped == {NOT_LOGGED: 2}
    assert server.post(JSON).status_code == 202
    assert server.ids() == [1, 2]


def test_traces_are_sampled_and_debug_ones_kept(new_server: Callable[..., Server]) -> None:
    server = new_server(rate=0.5)
    debug = new_span(trace_id="7fffffffffffffff", id="3", debug=True)
    assert server.post(json_v2.encode_list([*SPANS, debug])).status_code == 202
    assert server.post(json_v2.encode_list(SPANS[1:])).status_code == 202
    assert server.ids() == [1, 3]
    assert server.counts.totals().dropped == {SAMPLED_OUT: 2}
    assert server.counts.totals().accepted == 4


def test_only_post_is_taken(server: Server) -> None:
    async def ask() -> int:
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
            return (await client.get("/api/v2/spans")).status_code

    assert asyncio.run(ask()) == 405


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """``body`` with a piece of it replaced by some bytes."""
    ends = st.tuples(st.integers(0, len(body)), st.integers(0, len(body))).map(sorted)
    return st.builds(lambda at, new: body[: at[0]] + new + body[at[1] :], ends, st.binary())


def test_damaged_bodies_are_taken_or_refused_whole(server: Server) -> None:
    bodies = st.binary() | st.one_of(
        *map(damaged, (RICH_JSON, RICH_PROTO3, RICH_GZIP, RICH_THRIFT, RICH_JSON_V1))
    )
    types = st.sampled_from([{}, PROTOBUF, GZIP, PROTOBUF | GZIP, THRIFT_TYPE])

    @given(bodies, types, st.sampled_from(["/api/v2/spans", "/api/v1/spans"]))
    @settings(deadline=None, max_examples=200)
    def check(body: bytes, headers: Mapping[str, str], path: str) -> None:
        before = server.counts.totals().accepted
        status = server.post(body, headers, path).status_code
        assert status in (202, 400)
        assert status == 202 or server.counts.totals().accepted == before

    check()
    server.ids()
    assert set(server.counts.totals().dropped) == set()

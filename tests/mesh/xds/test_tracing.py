"""What a real Envoy reports when it traces as told, held against what it does on the wire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from tests.mesh.relay.collector import until, unused_port

from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import SPANS_CLUSTER as BOOTSTRAP_SPANS_CLUSTER
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets, claim_run_dir
from clew.mesh.relay.enrich import ServerFacts, enrich
from clew.mesh.relay.receive import Receiver
from clew.mesh.relay.rewrite import Rewriter
from clew.mesh.xds import tracing as sent
from clew.mesh.xds.tracing import tracing
from clew.span.model import Kind, Span
from clew.span.proto3 import decode_list

TYPES = "type.googleapis.com/envoy.extensions"
EARLY_MUTATION = f"{TYPES}.http.early_header_mutation.header_mutation.v3.HeaderMutation"
CLIENT_ID = "/%/io.l5d.port/4141/#/io.l5d.fs/hello"
FACTS = {"outgoing/0": ServerFacts("0.0.0.0/4140", "outgoing", "/svc=>/host", "10.0.0.1", 4140)}

# What the application answers on each path; None closes the connection, a number is seconds.
GRPC = "application/grpc\r\ngrpc-status: 14\r\ngrpc-message: try later"
REPLY = "HTTP/1.1 {} -\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi"
SERVES: dict[str, list[str | float | None]] = {
    "/plain?a=1": [REPLY.format(200)],
    "/b3": [REPLY.format(200)],
    "/post": [REPLY.format(404)],
    "/flaky": [REPLY.format(503), REPLY.format(200)],
    "/broken": [REPLY.format(500)],
    "/close": [None],
    "/slow": [30.0],
    "/abandoned": [30.0],
    "/grpc": [REPLY.format(200).replace("hi", "\0\0").replace("text/plain", GRPC)],
}
REQUESTS = {
    "plain": "GET /plain?a=1 HTTP/1.1\r\nhost: hello\r\nl5d-ctx-dtab: /a=>/b\r\n"
    "user-agent: caf\xe9",
    "b3": "GET /b3 HTTP/1.1\r\nhost: hello\r\nx-b3-traceid: 000000000000000a000000000000000b\r\n"
    "x-b3-spanid: 000000000000000c\r\nx-b3-sampled: 1",
    "post": "POST /post HTTP/1.1\r\nhost: hello\r\ncontent-type: a/b\r\ncontent-length: 0",
    "flaky": "GET /flaky HTTP/1.1\r\nhost: hello",
    "broken": "GET /broken HTTP/1.1\r\nhost: hello",
    "close": "GET /close HTTP/1.1\r\nhost: hello",
    "slow": "GET /slow HTTP/1.1\r\nhost: hello",
    "abandoned": "GET /abandoned HTTP/1.1\r\nhost: hello",
    "grpc": "POST /grpc HTTP/1.1\r\nhost: hello\r\ncontent-type: application/grpc\r\n"
    "content-length: 0",
    "refused": "GET /refused HTTP/1.1\r\nhost: refused",
    "none": "GET /none HTTP/1.1\r\nhost: none",
}


@dataclass
class Told:
    """One request: the spans that Envoy reported for it and the headers the application saw."""

    server: Span
    clients: list[Span]
    headers: list[dict[str, str]]

    @property
    def enriched(self) -> list[Span]:
        return [enrich(span, FACTS) for span in [self.server, *self.clients]]


@dataclass
class Application:
    """Answers each path with what SERVES says, its last answer again and again."""

    port: int = 0
    headers: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Application]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
                path = lines[0].split()[1]
                seen = self.headers.setdefault(path, [])
                seen.append(dict(line.split(": ", 1) for line in lines[1:] if line))
                match SERVES[path][min(len(seen), len(SERVES[path])) - 1]:
                    case str(reply):
                        writer.write(reply.encode())
                    case None:
                        break
                    case float():
                        await reader.read()  # until the caller has had enough
                        break
        writer.close()


def envoy_config(sockets: Sockets, port: int, application: int, refusing: int) -> dict[str, Any]:
    def cluster(name: str, endpoint: int | None, note: dict[str, str]) -> dict[str, Any]:
        address = {"socket_address": {"address": "127.0.0.1", "port_value": endpoint}}
        known = {"endpoint": {"address": address}, "metadata": {"filter_metadata": {"clew": note}}}
        endpoints = [{"lb_endpoints": [known]}] if endpoint else []
        assignment = {"cluster_name": name, "endpoints": endpoints}
        return {"name": name, "type": "STATIC", "load_assignment": assignment}

    def early(header: str, value: str) -> dict[str, Any]:
        return {"append": {"header": {"key": header, "value": value}, "append_action": 2}}

    manager = {
        "@type": f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "outgoing",
        "tracing": MessageToDict(tracing("outgoing/0")) | {"randomSampling": {"value": 100}},
        "early_header_mutation_extensions": [
            {
                "name": "early",
                "typed_config": {
                    "@type": EARLY_MUTATION,
                    "mutations": [early("l5d-dst-service", "/svc/%REQ(:authority)%")],
                },
            }
        ],
        "local_reply_config": {
            "mappers": [
                {
                    "filter": {"response_flag_filter": {"flags": ["UH"]}},
                    "headers_to_add": [
                        {"header": {"key": "l5d-err", "value": "Unable+to+route%%0Aname"}}
                    ],
                }
            ]
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{TYPES}.filters.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "retry_policy": {"retry_on": "5xx", "num_retries": 1},
                    "routes": [
                        {
                            "match": {"prefix": "/"},
                            "route": {"cluster_header": ":authority", "timeout": "0.3s"},
                            "metadata": {"filter_metadata": {"clew": {"rate": "0.5"}}},
                        }
                    ],
                }
            ]
        },
    }
    config = bootstrap("test", sockets)
    del config["dynamic_resources"]
    config["static_resources"]["clusters"] += [
        cluster("hello", application, {"id": CLIENT_ID, "residual": "/r"}),
        cluster("refused", refusing, {"id": "/#/io.l5d.fs/refused"}),
        cluster("none", None, {}),
    ]
    config["static_resources"]["listeners"] = [
        {
            "name": "outgoing/0",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}],
        }
    ]
    return config


async def request(port: int, name: str, application: Application) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{REQUESTS[name]}\r\nconnection: close\r\n\r\n".encode("latin-1"))
    if name == "abandoned":
        await until(lambda: f"/{name}" in application.headers)
    else:
        await reader.read()
    writer.close()


async def record(run_dir: Path) -> dict[str, Told]:
    spans: list[Span] = []

    rewritten: list[Span] = []
    rewriter = Rewriter(FACTS)

    def take(body: bytes) -> int:
        spans.extend(decode_list(body))
        rewritten.extend(decode_list(rewriter.rewrite(body).body))
        return 202

    def servers() -> list[Span]:
        return [span for span in spans if span.kind is Kind.SERVER]

    with claim_run_dir(run_dir) as sockets:
        async with Application().running() as application:
            receiver = Receiver(sockets.spans, take)
            await receiver.start()
            port = unused_port()
            config = envoy_config(sockets, port, application.port, unused_port())
            envoy = EnvoyProcess(find_envoy(), config, sockets, concurrency=1, grace=0.0)
            await envoy.start()
            try:
                await asyncio.gather(*(request(port, name, application) for name in REQUESTS))
                await until(lambda: len(servers()) == len(REQUESTS))
            finally:
                await envoy.stop()
                await receiver.stop()
    assert rewritten == [enrich(span, FACTS) for span in spans]
    told = {}
    for server in servers():
        path = server.tags[sent.URI]
        tries = [s for s in spans if s.kind is Kind.CLIENT and s.trace_id == server.trace_id]
        in_order = sorted(tries, key=lambda span: span.timestamp or 0)
        told[path.split("?")[0][1:]] = Told(server, in_order, application.headers.get(path, []))
    return told


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    return asyncio.run(record(tmp_path_factory.mktemp("e") / "r"))


def test_the_relay_is_the_cluster_that_the_bootstrap_has() -> None:
    assert sent.SPANS_CLUSTER == BOOTSTRAP_SPANS_CLUSTER


def test_a_label_with_a_percent_sign_is_no_format() -> None:
    config = tracing("50%/0")
    assert config.operation == "50%% %REQ(l5d-dst-service):256%"
    (where,) = (tag.value for tag in config.custom_tags if tag.tag == sent.WHERE)
    assert where.endswith("\n50%%/0")


def test_joined_values_are_spread_to_the_tags_that_are_there() -> None:
    tags = {"w": "/svc/a\n\n/#/x\n\n1\na\nb/0", "a": "GET\nhost\n\n", "u": "/"}
    assert sent.spread(tags) == {
        "svc": "/svc/a",
        "id": "/#/x",
        "rate": "1",
        "k": "a\nb/0",
        "m": "GET",
        "h": "host",
        "u": "/",
    }


def test_every_request_has_one_server_span_and_a_client_span_for_each_try(
    told: dict[str, Told],
) -> None:
    tries = {name: len(found.clients) for name, found in told.items()}
    assert tries == {
        **dict.fromkeys(["plain", "b3", "post", "slow", "abandoned", "grpc"], 1),
        **dict.fromkeys(["flaky", "broken", "close", "refused"], 2),
        "none": 0,
    }
    for found in told.values():
        ids = [found.server.id, *(span.id for span in found.clients)]
        assert len(set(ids)) == len(ids)
        assert {span.parent_id for span in found.clients} <= {found.server.id}


def test_ids_are_those_of_the_headers_once_enriched(told: dict[str, Told]) -> None:
    for name in ("plain", "b3", "flaky"):
        server, *clients = told[name].enriched
        for client, headers in zip(clients, told[name].headers, strict=True):
            assert headers["x-b3-traceid"] == client.trace_id == server.trace_id
            assert headers["x-b3-spanid"] == client.id
            assert headers["x-b3-parentspanid"] == client.parent_id == server.id
            assert headers["traceparent"] == f"00-{client.trace_id}-{client.id}-01"
    assert told["b3"].enriched[0].trace_id == "000000000000000a000000000000000b"
    assert told["b3"].enriched[0].parent_id == "000000000000000c"
    assert told["plain"].enriched[0].parent_id is None


def test_envoy_itself_sends_ids_in_the_other_byte_order(told: dict[str, Told]) -> None:
    # when this fails, Envoy has mended it and enrich must no longer turn them round
    for name in ("plain", "flaky"):
        for span, headers in zip(told[name].clients, told[name].headers, strict=True):
            assert bytes.fromhex(span.id)[::-1].hex() == headers["x-b3-spanid"]


def test_both_spans_have_the_tags_asked_for(told: dict[str, Told]) -> None:
    found = told["plain"]
    both = {
        sent.SERVER_KEY: "outgoing/0",
        sent.LOGICAL_NAME: "/svc/hello",
        sent.LOCAL_DTAB: "/a=>/b",
        sent.CLIENT_ID: CLIENT_ID,
        sent.RESIDUAL: "/r",
        sent.METHOD: "GET",
        sent.HOST: "hello",
        sent.URI: "/plain?a=1",
        sent.RESPONSE_TYPE: "text/plain",
        sent.RESPONSE_LENGTH: "2",
        sent.SAMPLE_RATE: "0.5",
    }
    for span in (found.server, found.clients[0]):
        tags = sent.spread(span.tags)
        assert {key: tags.get(key) for key in both} == both
        assert tags[sent.PEER].startswith("127.0.0.1:")
        assert not {sent.ERROR, sent.CONNECT_FAILURE, sent.REQUEST_TYPE} & tags.keys()
    post = sent.spread(told["post"].server.tags)
    assert (post[sent.REQUEST_TYPE], post[sent.REQUEST_LENGTH]) == ("a/b", "0")


def test_bytes_that_are_no_utf8_lose_no_span(told: dict[str, Told]) -> None:
    assert told["plain"].server.tags["user_agent"] == "caf\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("plain", [None, None]),
        ("post", [None, None]),
        ("flaky", [None, "503", None]),
        ("broken", ["500", "500", "500"]),
        ("close", ["connection closed before the response", *["connection termination"] * 2]),
        ("slow", ["timed out", "no response"]),
        ("refused", ["delayed connect error: Connection refused"] * 3),
        ("none", ["Unable to route"]),
        ("abandoned", ["client went away", "no response"]),
        ("grpc", ["try later", "try later"]),
    ],
)
def test_errors(told: dict[str, Told], name: str, errors: list[str | None]) -> None:
    assert [span.tags.get("error") for span in told[name].enriched] == errors


@pytest.mark.parametrize(
    ("name", "annotations"),
    [
        ("plain", [[]]),
        ("flaky", [["l5d.retryable"], []]),
        ("broken", [["l5d.retryable"], ["l5d.failure"]]),
        ("slow", [["l5d.failure"]]),
    ],
)
def test_what_became_of_each_try(
    told: dict[str, Told], name: str, annotations: list[list[str]]
) -> None:
    _, *clients = told[name].enriched
    assert [[a.value for a in span.annotations] for span in clients] == annotations


def test_the_names_are_linkerds(told: dict[str, Told]) -> None:
    server, client = told["plain"].enriched
    assert (server.service, server.name) == ("0.0.0.0/4140", "outgoing /svc/hello")
    assert (client.service, client.name) == (CLIENT_ID[1:], "get /plain")
    assert server.tags["zipkin.sampling_rate"] == "0.5"
    assert "zipkin.sampling_rate" not in told["b3"].enriched[0].tags

"""Envoy's spans become Linkerd's: each case is the tags that Envoy 1.40 sent for a real request."""

from __future__ import annotations

import pytest

from clew.mesh.relay.enrich import ServerFacts, enrich
from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import new_span

FACTS = {
    "outgoing/0": ServerFacts(
        service_name="0.0.0.0/4140",
        router_label="outgoing",
        dtab_base="/svc=>/host;/host=>/#/io.l5d.fs",
        ip="10.4.1.3",
        port=4140,
    ),
    "incoming/0": ServerFacts("0.0.0.0/4141", "incoming", "", ip="0.0.0.0", port=4141),
}
HELLO = "/%/io.l5d.port/4141/#/io.l5d.fs/hello"
BOTH = {
    "component": "proxy",
    "k": "outgoing/0",
    "svc": "/svc/hello",
    "id": HELLO,
    "peer": "10.4.1.9:51422",
    "m": "GET",
    "h": "hello",
    "u": "/greet?a=1",
    "rt": "text/plain",
    "rl": "2",
    "http.protocol": "HTTP/1.1",
    "http.status_code": "200",
    "response_flags": "-",
    "upstream_cluster": "outgoing/svc/hello",
    "upstream_cluster.name": "outgoing/svc/hello",
}
ON_SERVER = {
    "http.method": "GET",
    "http.url": "http://hello/greet?a=1",
    "user_agent": "curl/7.88.1",
    "request_size": "0",
    "response_size": "2",
    "peer.address": "10.4.1.9",
    "node_id": "n1",
    "downstream_cluster": "-",
    "guid:x-request-id": "61941686-9e24-9802-8d46-ae8a5052ad0d",
}
ON_CLIENT = {"upstream_address": "10.4.2.3:4141", "peer.address": "10.4.2.3:4141"}


def server_span(parent_id: str | None = None, without: tuple[str, ...] = (), **tags: str) -> Span:
    return envoy_span(
        Kind.SERVER, "outgoing /svc/hello", parent_id, BOTH | ON_SERVER, without, tags
    )


def client_span(without: tuple[str, ...] = (), **tags: str) -> Span:
    parent = "b3d70e1bf811e033"
    return envoy_span(Kind.CLIENT, "GET /greet", parent, BOTH | ON_CLIENT, without, tags)


def envoy_span(
    kind: Kind,
    name: str,
    parent_id: str | None,
    usual: dict[str, str],
    without: tuple[str, ...],
    tags: dict[str, str],
) -> Span:
    named = {key.replace("__", "."): value for key, value in tags.items()}
    return new_span(
        trace_id="99ab9171dd09ff4733e011f81b0ed7b3",
        parent_id=parent_id,
        id="b3d70e1bf811e033" if kind is Kind.SERVER else "b6bda5cc38524663",
        kind=kind,
        name=name,
        timestamp=1795518430797360,
        duration=980,
        local_endpoint=Endpoint(service_name="clew", ipv4="192.0.2.2"),
        annotations=[Annotation(timestamp=Micros(1795518430798520), value="ss")],
        tags=as_sent({k: v for k, v in (usual | named).items() if k not in without}),
    )


def as_sent(tags: dict[str, str]) -> dict[str, str]:
    """With those in one tag that Envoy sends in one."""
    joined = {"w": ("svc", "dtab", "id", "res", "rate", "k"), "a": ("m", "h", "qt", "rt")}
    left = dict(tags)
    together = {
        tag: "\n".join(left.pop(name, "") for name in names) for tag, names in joined.items()
    }
    return together | left


HTTP_TAGS = {
    "http.method": "GET",
    "http.uri": "/greet?a=1",
    "http.status_code": "200",
    "http.req.method": "GET",
    "http.req.host": "hello",
    "http.req.version": "HTTP/1.1",
    "http.rsp.status": "200",
    "http.rsp.version": "HTTP/1.1",
    "http.rsp.content-type": "text/plain",
    "http.rsp.content-length": "2",
}


def test_a_server_span() -> None:
    assert enrich(server_span(), FACTS) == new_span(
        trace_id="99ab9171dd09ff4733e011f81b0ed7b3",
        id="33e011f81b0ed7b3",
        kind=Kind.SERVER,
        name="outgoing /svc/hello",
        timestamp=1795518430797360,
        duration=980,
        local_endpoint=Endpoint(service_name="0.0.0.0/4140", ipv4="10.4.1.3", port=4140),
        remote_endpoint=Endpoint(ipv4="10.4.1.9", port=51422),
        tags={
            **HTTP_TAGS,
            "router.label": "outgoing",
            "service": "/svc/hello",
            "client": HELLO,
            "residual": "/",
            "dtab.base": "/svc=>/host;/host=>/#/io.l5d.fs",
            "dtab.local": "",
            "ca": "10.4.1.9:51422",
            "srv/request_payload_bytes": "0",
            "srv/response_payload_bytes": "2",
            "user_agent": "curl/7.88.1",
        },
    )


def test_a_client_span() -> None:
    assert enrich(client_span(), FACTS) == new_span(
        trace_id="99ab9171dd09ff4733e011f81b0ed7b3",
        parent_id="33e011f81b0ed7b3",
        id="63465238cca5bdb6",
        kind=Kind.CLIENT,
        name="get /greet",
        timestamp=1795518430797360,
        duration=980,
        local_endpoint=Endpoint(service_name=HELLO.removeprefix("/"), ipv4="10.4.1.3"),
        remote_endpoint=Endpoint(ipv4="10.4.2.3", port=4141),
        tags={**HTTP_TAGS, "l5d.success": "1.0", "sa": "10.4.2.3:4141"},
    )


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        pytest.param(
            server_span(dtab="/host/world=>/srv/world-v2", res="/r"),
            {"dtab.local": "/host/world=>/srv/world-v2", "residual": "/r"},
            id="a dtab of the request and a residual",
        ),
        pytest.param(
            server_span(qt="a/b", ql="17"),
            {"http.req.content-type": "a/b", "http.req.content-length": "17"},
            id="a request with a body",
        ),
        pytest.param(
            server_span(rate="1"), {"zipkin.sampling_rate": "1.0"}, id="the root's sample rate"
        ),
        pytest.param(
            server_span(parent_id="0c00000000000000", rate="0.5"),
            {"zipkin.sampling_rate": None},
            id="no sample rate where the caller has decided",
        ),
        pytest.param(
            server_span(http__status_code="404"), {"error": None}, id="a 404 is no failure"
        ),
        pytest.param(
            client_span(http__status_code="404"), {"l5d.success": "1.0"}, id="nor is it in a client"
        ),
        pytest.param(
            server_span(http__status_code="500", error="true", response_flags="URX"),
            {"error": "500", "io.buoyant.router.Failure": None},
            id="the service's own failure",
        ),
        pytest.param(
            server_span(
                without=("id", "rt"),
                http__status_code="502",
                error="true",
                response_flags="UH",
                err="Unable+to+route+request%21%0A%0Aservice+name%3A+%2Fsvc%2Fnope",
            ),
            {
                "error": "Unable to route request!",
                "io.buoyant.router.Failure": "ClientAcquisition",
                "client": None,
                "residual": None,
                "service": "/svc/hello",
            },
            id="no endpoint: the first line of l5d-err",
        ),
        pytest.param(
            server_span(
                without=("id",), http__status_code="503", error="true", response_flags="NC"
            ),
            {"error": "unknown destination"},
            id="a local reply without l5d-err",
        ),
        pytest.param(
            server_span(http__status_code="503", error="true", response_flags="UT"),
            {"error": "timed out", "io.buoyant.router.Failure": "Service"},
            id="a timeout",
        ),
        pytest.param(
            server_span(http__status_code="0", error="true", response_flags="DC"),
            {"error": "client went away", "http.status_code": None, "http.rsp.version": None},
            id="the caller did not wait",
        ),
        pytest.param(
            client_span(
                http__status_code="0",
                http__protocol="-",
                error="true",
                error__reason="remote connection failure",
                fail="delayed_connect_error:_Connection_refused",
                response_flags="UF",
            ),
            {
                "error": "delayed connect error: Connection refused",
                "l5d.success": None,
                "http.req.version": None,
                "http.rsp.status": None,
            },
            id="connection refused",
        ),
        pytest.param(
            client_span(
                http__status_code="0",
                error="true",
                error__reason="connection termination",
                response_flags="UC",
            ),
            {"error": "connection termination"},
            id="connection closed",
        ),
        pytest.param(
            client_span(http__status_code="0", error="true", canceled="true"),
            {"error": "no response"},
            id="a try that timed out",
        ),
        pytest.param(
            client_span(
                error="true", grpc__status_code="14", grpc__message="try later", retry__count="2"
            ),
            {
                "error": "try later",
                "grpc.status_code": "14",
                "retry.count": "2",
                "http.status_code": "200",
            },
            id="a gRPC failure in a 200",
        ),
        pytest.param(
            client_span(error="true", grpc__status_code="14"),
            {"error": "grpc-status 14"},
            id="a gRPC failure without a message",
        ),
        pytest.param(client_span(grpc__status_code="0"), {"grpc.status_code": "0"}, id="gRPC OK"),
        pytest.param(
            server_span(user_agent="-"), {"user_agent": None}, id="a dash is nothing to Envoy"
        ),
    ],
)
def test_tags(span: Span, expected: dict[str, str | None]) -> None:
    tags = enrich(span, FACTS).tags
    assert {key: tags.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("span", "values"),
    [
        (client_span(), []),
        (client_span(http__status_code="503", error="true", canceled="true"), ["l5d.retryable"]),
        (client_span(http__status_code="503", error="true"), ["l5d.failure"]),
        (client_span(http__status_code="0", error="true", canceled="true"), ["l5d.failure"]),
        (server_span(http__status_code="503", error="true"), []),
    ],
    ids=["success", "tried again", "given up", "timed out", "a server has none"],
)
def test_a_failed_try_is_said_by_an_annotation_at_its_end(span: Span, values: list[str]) -> None:
    end = 1795518430797360 + 980
    found = [(a.timestamp, a.value) for a in enrich(span, FACTS).annotations]
    assert found == [(end, value) for value in values]


def test_an_any_address_is_not_where_a_span_was_recorded() -> None:
    span = enrich(server_span(k="incoming/0"), FACTS)
    assert span.local_endpoint == Endpoint(service_name="0.0.0.0/4141", port=4141)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.4.2.3:4141", Endpoint(ipv4="10.4.2.3", port=4141)),
        ("[2001:db8::1]:80", Endpoint(ipv6="2001:db8::1", port=80)),
        ("/run/app.sock", None),
        ("", None),
        ("host:99999", None),
    ],
)
def test_addresses(address: str, expected: Endpoint | None) -> None:
    assert enrich(client_span(upstream_address=address), FACTS).remote_endpoint == expected


def test_a_span_of_no_known_server_keeps_all_but_the_order_of_its_ids() -> None:
    span = server_span(parent_id="0c00000000000000", k="gone/0")
    enriched = enrich(span, FACTS)
    assert (enriched.id, enriched.parent_id) == ("33e011f81b0ed7b3", "000000000000000c")
    assert (enriched.tags, enriched.name) == (span.tags, span.name)
    assert enriched.local_endpoint == span.local_endpoint

"""Zipkin's query API over HTTP, on the real store: one transcript a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from tests.cast import CLIENT_SPAN, DAY, TODAY, at, changed, named, trace
from tests.contract.base import NewStore, accept
from tests.trace.api.client import Client

from clew.span.json_v2 import encode_list
from clew.span.model import Micros, Span
from clew.trace.api import ApiSettings, middleware, routes, zipkin
from clew.trace.query import Sort, TraceQuery
from clew.trace.store import Found, QueryTimeout, SpanStore

END = TODAY + DAY
NO_CURSOR = "cursor: not one that this server gave"
STRICT_AGE = "max-age=300, must-revalidate"

Get = Callable[[str], httpx.Response]


def client(store: SpanStore, **settings: Any) -> Client:
    chosen = ApiSettings(**settings)
    return Client(routes(store, chosen), middleware(chosen))


def listed(spans: Iterable[Span]) -> Any:
    return json.loads(encode_list(list(spans)))


def filled(new_store: NewStore) -> SpanStore:
    store = new_store(autocomplete_keys=["http.path", "env"])
    accept(store, *trace("1"))
    accept(store, CLIENT_SPAN)
    return store


@pytest.fixture
def store(new_store: NewStore) -> SpanStore:
    return filled(new_store)


@pytest.fixture(scope="module")
def get(new_shared_store: NewStore) -> Get:
    return client(filled(new_shared_store), autocomplete_keys=("http.path", "env")).get


LONG = CLIENT_SPAN.trace_id


@pytest.mark.parametrize("prefix", ["/api/v2", "/zipkin/api/v2"])
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        pytest.param("/services", ["backend", "frontend"], id="services"),
        pytest.param("/spans?serviceName=frontend", ["get"], id="span names"),
        pytest.param("/spans?serviceName=BACKEND", ["get", "query"], id="in capitals"),
        pytest.param("/spans?serviceName=", [], id="span names of nobody"),
        pytest.param("/spans?serviceName=x%20%C3%A9", [], id="span names of an unknown service"),
        pytest.param("/remoteServices?serviceName=backend", ["db"], id="remote names"),
        pytest.param(f"/trace/{LONG}", listed([CLIENT_SPAN]), id="a trace"),
        pytest.param(f"/trace/{LONG}%20", listed([CLIENT_SPAN]), id="a trailing blank"),
        pytest.param("/trace/1", listed(trace()), id="a short id"),
        pytest.param(f"/traceMany?traceIds={LONG},abc", [listed([CLIENT_SPAN])], id="many"),
        pytest.param("/traceMany?traceIds=a,b", [], id="many, none found"),
        pytest.param(
            f"/traces?endTs={END}&lookback={DAY}&serviceName=backend&spanName=QUERY",
            [listed(trace())],
            id="traces",
        ),
        pytest.param(
            f"/traces?endTs={END}&spanName=all&limit=1", [listed([CLIENT_SPAN])], id="all"
        ),
        pytest.param(
            f"/traces?endTs={END}&annotationQuery=error%20and%20http.path%3D%2Fapi",
            [listed(trace())],
            id="annotation query",
        ),
        pytest.param(
            f"/traces?endTs={END}&q=service%3Dfrontend%20AND%20NOT%20error",
            [listed([CLIENT_SPAN])],
            id="a search in words",
        ),
        pytest.param(
            f"/traces?endTs={END}&serviceName=backend&q=duration%3E1s", [], id="both must be met"
        ),
        pytest.param(f"/traces?endTs={END}&minDuration=207001&maxDuration=207002", [], id="none"),
        pytest.param(
            f"/dependencies?endTs={END}",
            [
                {
                    "parent": "backend",
                    "child": "db",
                    "callCount": 1,
                    "errorCount": 1,
                    "latency": {"p50": 50000, "p95": 50000, "p99": 50000, "max": 50000},
                },
                {
                    "parent": "frontend",
                    "child": "backend",
                    "callCount": 2,
                    "latency": {"p50": 142935, "p95": 202141, "p99": 202141, "max": 207000},
                },
            ],
            id="dependencies",
        ),
        pytest.param("/dependencies?endTs=1&lookback=1", [], id="no dependencies"),
        pytest.param("/autocompleteKeys", ["env", "http.path"], id="autocomplete keys"),
        pytest.param("/autocompleteValues?key=http.path", ["/api"], id="autocomplete values"),
        pytest.param("/autocompleteValues?key=x", [], id="values of another key"),
    ],
)
def test_answers(get: Get, prefix: str, path: str, answer: object) -> None:
    response = get(prefix + path)
    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/spans", 400, "Mandatory parameter/header is missing: serviceName"),
        ("/remoteServices", 400, "Mandatory parameter/header is missing: serviceName"),
        ("/traces?endTs=0", 400, "endTs <= 0"),
        ("/traces?limit=0", 400, "limit <= 0"),
        ("/traces?limit=x", 400, "Can't convert 'x' to type 'Integer'."),
        ("/traces?limit=2147483648", 400, "Can't convert '2147483648' to type 'Integer'."),
        ("/traces?limit=1_0", 400, "Can't convert '1_0' to type 'Integer'."),
        ("/traces?endTs=y", 400, "Can't convert 'y' to type 'Long'."),
        ("/traces?lookback=-1", 400, "lookback <= 0"),
        ("/traces?minDuration=0", 400, "minDuration <= 0"),
        ("/traces?minDuration=2&maxDuration=1", 400, "maxDuration < minDuration"),
        ("/traces?maxDuration=1", 400, "maxDuration is only valid with minDuration"),
        ("/traces?q=a%20%3D", 400, "q: 1:4: expected a value after '=', found the end"),
        ("/traces?sort=oldest", 400, "sort: 'oldest' is none of newest, slowest, errors"),
        ("/traces?cursor=x", 400, f"{NO_CURSOR} (ask without it for the first page)"),
        ("/traces?cursor=%C3%A9", 400, f"{NO_CURSOR} (ask without it for the first page)"),
        ("/trace/abc", 404, "0000000000000abc not found"),
        ("/trace/0e8b46e1-81b", 400, "0e8b46e1-81b should be lower-hex encoded with no prefix"),
        ("/trace/ABC", 400, "ABC should be lower-hex encoded with no prefix"),
        ("/traceMany?traceIds=", 400, "traceIds parameter is empty"),
        (
            "/traceMany?traceIds=1",
            400,
            "Use /api/v2/trace/{traceId} endpoint to retrieve a single trace",
        ),
        (
            "/traceMany?traceIds=1,0000000000000001",
            400,
            "redundant traceId: 0000000000000001",
        ),
        ("/dependencies", 400, "Mandatory parameter/header is missing: endTs"),
        ("/dependencies?endTs=0", 400, "endTs <= 0"),
        ("/dependencies?endTs=1&lookback=0", 400, "lookback <= 0"),
        ("/autocompleteValues", 400, "Mandatory parameter/header is missing: key"),
        ("/autocompleteValues?key=", 400, "key was empty"),
    ],
)
def test_refusals(get: Get, path: str, status: int, text: str) -> None:
    response = get("/api/v2" + path)
    assert (response.status_code, response.text) == (status, text)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("url", ["", "/zipkin"])
def test_the_questions_of_grafanas_data_source_are_answered(get: Get, url: str) -> None:
    """In the order in which its editor asks, and as strictly as it reads."""
    assert get(f"{url}/api/v2/services").json() == ["backend", "frontend"]
    assert get(f"{url}/api/v2/spans?serviceName=frontend").json() == ["get"]
    asked = f"serviceName=frontend&spanName=get&lookback={DAY}&endTs={END}&limit=20"
    found = get(f"{url}/api/v2/traces?{asked}").json()
    assert len(found) == 2
    for trace_ in found:
        spans = get(f"{url}/api/v2/trace/{trace_[0]['traceId']}").json()
        assert spans == trace_
        for span in spans:
            assert len(span["traceId"]) in (16, 32)
            assert len(span["id"]) == 16
            assert isinstance(span["duration"], int)


def test_the_window_ends_now_unless_told(store: SpanStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[TraceQuery] = []

    def search(query: TraceQuery) -> Found:
        asked.append(query)
        return Found(traces=[])

    monkeypatch.setattr(store, "search", search)
    served = zipkin.routes(store, ApiSettings(lookback_ms=5000), clock=lambda: 1.7e9)
    assert Client(served).get("/api/v2/traces").json() == []
    assert asked == [TraceQuery(end_ts_ms=1_700_000_000_000, lookback_ms=5000, limit=10)]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_go_on_where_the_last_ended(store: SpanStore, sort: Sort) -> None:
    get = client(store).get
    asked = {"endTs": str(END), "lookback": str(DAY), "sort": sort.value}
    whole = get("/api/v2/traces", params=asked).json()
    first = get("/api/v2/traces", params=asked | {"limit": "1"})
    assert first.json() == whole[:1]
    # meanwhile a trace arrives that comes before all others in any order
    failed = {"timestamp": at(5000), "duration": Micros(9**9), "tags": {"error": ""}}
    accept(store, changed(CLIENT_SPAN, trace_id="c" * 16, **failed))

    cursor = first.headers["clew-next-cursor"]
    assert first.headers["link"].startswith("</api/v2/traces?")
    assert first.headers["link"].endswith(f'cursor={cursor}>; rel="next"')
    second = get(first.headers["link"].partition("<")[2].partition(">")[0])
    assert second.json() == whole[1:]
    # the cursor alone knows window and sort
    again = get("/api/v2/traces", params={"limit": "1", "cursor": cursor})
    assert again.json() == second.json()
    last = get("/api/v2/traces", params={"cursor": again.headers["clew-next-cursor"]})
    assert (last.json(), "link" in last.headers) == ([], False)


def test_a_cursor_is_for_one_sort(store: SpanStore) -> None:
    get = client(store).get
    first = get("/api/v2/traces", params={"endTs": str(END), "limit": "1", "sort": "slowest"})
    cursor = first.headers["clew-next-cursor"]
    other = get("/api/v2/traces", params={"sort": "newest", "cursor": cursor})
    assert other.status_code == 400
    assert other.text.startswith("cursor: it goes on with sort=slowest")


def test_names_may_be_kept_once_there_are_more_than_three_services(store: SpanStore) -> None:
    get = client(store, autocomplete_keys=("http.path",)).get
    few = ["/services", "/spans?serviceName=frontend", "/autocompleteValues?key=http.path"]
    assert [get("/api/v2" + path).headers.get("cache-control") for path in few] == [None] * 3
    for path in ("one", "two", "three"):
        accept(
            store, changed(CLIENT_SPAN, local_endpoint=named(path), tags={"http.path": f"/{path}"})
        )
    # the answers about one service go by the last count of services
    assert "cache-control" not in get("/api/v2/spans?serviceName=frontend").headers
    many = [*few, "/remoteServices?serviceName=frontend", "/autocompleteKeys"]
    for path in many:
        assert get("/api/v2" + path).headers["cache-control"] == STRICT_AGE
    assert "cache-control" not in get(f"/api/v2/traces?endTs={END}").headers


def test_without_search_only_traces_by_id_are_answered(store: SpanStore) -> None:
    get = client(store, search_enabled=False, autocomplete_keys=("http.path",)).get
    for path in (
        "/services",
        "/spans?serviceName=frontend",
        "/remoteServices?serviceName=frontend",
        f"/traces?endTs={END}",
        "/autocompleteValues?key=http.path",
    ):
        assert get("/api/v2" + path).json() == []
    assert len(get(f"/api/v2/trace/{LONG}").json()) == 1
    assert len(get(f"/api/v2/traceMany?traceIds={LONG},1").json()) == 2
    assert len(get(f"/api/v2/dependencies?endTs={END}").json()) == 2
    assert get("/api/v2/autocompleteKeys").json() == ["http.path"]


def test_without_queries_nothing_is_there(store: SpanStore) -> None:
    assert client(store, query_enabled=False).get("/api/v2/services").status_code == 404


def test_answers_of_two_kilobytes_are_zipped_for_those_who_take_it(store: SpanStore) -> None:
    accept(store, *(changed(CLIENT_SPAN, trace_id="b" * 16, id=f"{i:016x}") for i in range(1, 30)))
    get, taken = client(store).get, {"accept-encoding": "gzip"}
    zipped = get("/api/v2/trace/bbbbbbbbbbbbbbbb", headers=taken)
    assert zipped.headers["content-encoding"] == "gzip"
    assert len(zipped.json()) == 29
    assert "content-encoding" not in get("/api/v2/trace/bbbbbbbbbbbbbbbb").headers
    assert "content-encoding" not in get(f"/api/v2/trace/{LONG}", headers=taken).headers


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        (("*",), "http://a", "*"),
        (("http://a", "http://b"), "http://b", "http://b"),
        (("http://a",), "http://c", None),
    ],
)
def test_other_origins(
    store: SpanStore, allowed: tuple[str, ...], origin: str, expected: str | None
) -> None:
    asking = client(store, allowed_origins=allowed)
    response = asking.get("/api/v2/services", headers={"origin": origin})
    assert response.status_code == 200
    assert response.headers.get("access-control-allow-origin") == expected
    assert "access-control-allow-credentials" not in response.headers
    if expected:
        preflight = asking.request(
            "OPTIONS",
            "/api/v2/spans",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )
        assert preflight.status_code == 200


def test_names_of_any_characters(store: SpanStore) -> None:
    service = 'hyvää yötä "\t'
    accept(store, changed(CLIENT_SPAN, local_endpoint=named(service), name="a\tb"))
    get = client(store).get
    assert service in get("/api/v2/services").json()
    read = get("/api/v2/spans", params={"serviceName": service})
    assert read.text == '["a\\tb"]'
    found = get("/api/v2/traces", params={"serviceName": service, "endTs": str(END)}).json()
    assert [span["localEndpoint"]["serviceName"] for t in found for span in t].count(service) == 1


def test_a_question_that_takes_too_long_says_so(
    store: SpanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(query: TraceQuery) -> Found:
        raise QueryTimeout("the query took longer than it may", "narrow it")

    monkeypatch.setattr(store, "search", too_long)
    response = client(store).get("/api/v2/traces")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.text == "the query took longer than it may (narrow it)"

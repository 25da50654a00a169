"""A server for the page tests: the real pages over canned answers of the API."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from clew.ui import serve

Json = dict[str, Any]

EPOCH = 1_795_000_000_000_000
"""Start of the canned traces, epoch microseconds; the pages ask for a time and get these anyway."""


@dataclass
class Store:
    """What the canned API answers from."""

    traces: list[list[Json]] = field(default_factory=list)
    refuses: str = ""
    """When set, a search is answered with 400 and this text."""
    slow: threading.Event | None = None
    """When set, a search waits for it before it answers."""
    links: list[Json] = field(default_factory=list)
    """What ``/dependencies`` answers."""
    asked: dict[str, str] = field(default_factory=dict)
    """The parameters of the last question to it, or for traces."""
    intake: Json = field(
        default_factory=lambda: {"accepted": 1204, "stored": 1204, "dropped": {}, "waiting": 0}
    )
    """What the collector says of itself in ``/health``."""
    config: Json | None = None
    """What ``config.json`` says; None: there is none."""
    archived: list[list[Json]] = field(default_factory=list)
    """Traces that were sent to ``/archive``."""
    one_by_one: bool = False
    """Whether a search is answered with one trace, and a cursor for the next."""

    def services(self) -> list[str]:
        spans = (span for trace in self.traces for span in trace)
        return sorted({span["localEndpoint"]["serviceName"] for span in spans})


def endpoint(service: str, port: int = 0) -> Json:
    return {"serviceName": service, "ipv4": "127.0.0.1", **({"port": port} if port else {})}


def call(
    trace_id: str, first: int, parent: str | None, to: str, at: int, took: int, port: int
) -> list[Json]:
    """The four spans of one call through two routers; ids count up from ``first``."""
    logical = "/svc/world" if to == "world-v1" else f"/svc/{to}"
    ids = [f"{first + i:016x}" for i in range(4)]
    hop, local = f"%/io.l5d.port/4141/#/io.l5d.fs/{to}", f"#/io.l5d.fs/{to}"
    rows = [
        ("127.0.0.1/4140", "SERVER", f"outgoing {logical}", 0),
        (hop, "CLIENT", "get /", 4141),
        ("127.0.0.1/4141", "SERVER", f"incoming {logical}", 0),
        (local, "CLIENT", "get /", port),
    ]
    spans = []
    for i, (service, kind, name, remote) in enumerate(rows):
        router = kind == "SERVER"
        spans.append(
            {
                "traceId": trace_id,
                **({"parentId": ids[i - 1] if i else parent} if i or parent else {}),
                "id": ids[i],
                "kind": kind,
                "name": name,
                "timestamp": EPOCH + at + i * 350,
                "duration": took - i * 700,
                "localEndpoint": endpoint(service),
                **({"remoteEndpoint": endpoint(to, remote)} if remote else {}),
                "annotations": [{"timestamp": EPOCH + at + i * 350 + 90, "value": "wr"}],
                "tags": {
                    "http.method": "GET",
                    "http.status_code": "200",
                    "http.uri": "/",
                    **({"router.label": name.split(" ")[0], "service": logical} if router else {}),
                    **({"client": f"/{service}"} if not router else {}),
                    "dtab.base": "/srv=>/#/io.l5d.fs; /host=>/srv; /svc=>/host",
                },
            }
        )
    return spans


HELLO_ID = "c41d7e0a93b25f68"
HELLO = [
    *call(HELLO_ID, 0x5E11A09C7724D3B0, None, "hello", 0, 14_210, 7777),
    *call(HELLO_ID, 0x5E11A09C7724D3C0, "5e11a09c7724d3b3", "world-v1", 2_610, 9_870, 7780),
]
"""hello calls world: eight spans, nothing wrong."""

FAILED_ID = "7f3c09be51d2a41b"
FAILED = [
    *call(FAILED_ID, 0x91BE20C47D03F5A0, None, "hello", 900_000, 214_210, 7777),
    *call(FAILED_ID, 0x91BE20C47D03F5B0, "91be20c47d03f5a3", "world-v1", 902_000, 101_000, 7780),
]
"""The same, but world answers 503, and everybody passes it on."""
for _span in FAILED:
    _span["tags"] = {**_span["tags"], "http.status_code": "503", "error": "true"}


def shop_links() -> list[Json]:
    """A shop whose bank fails, and all who depend on it."""
    calls = [
        ("edge", "catalog", 1220, 0),
        ("edge", "checkout", 460, 14),
        ("catalog", "search", 640, 0),
        ("checkout", "cart", 460, 0),
        ("checkout", "inventory", 620, 1),
        ("checkout", "payment", 440, 14),
        ("catalog", "inventory", 80, 0),
        ("inventory", "postgres", 660, 0),
        ("payment", "api.bank.example", 460, 14),
    ]
    return [
        {
            "parent": parent,
            "child": child,
            "callCount": count,
            **({"errorCount": errors} if errors else {}),
            "latency": {"p50": 8020, "p95": 40_000, "p99": 121_000, "max": 402_000},
        }
        for parent, child, count, errors in calls
    ]


def wide_trace(spans: int) -> list[Json]:
    """A root with ``spans - 1`` children of many operations."""
    trace_id = "00000000000abcde"
    root: Json = {
        "traceId": trace_id,
        "id": f"{1:016x}",
        "kind": "SERVER",
        "name": "get /report",
        "timestamp": EPOCH,
        "duration": spans * 100,
        "localEndpoint": endpoint("report"),
    }
    children = [
        {
            "traceId": trace_id,
            "parentId": root["id"],
            "id": f"{i:016x}",
            "kind": "CLIENT",
            "name": f"query {i // 20}",
            "timestamp": EPOCH + i * 100,
            "duration": 90,
            "localEndpoint": endpoint("report"),
            "remoteEndpoint": endpoint("postgres", 5432),
        }
        for i in range(2, spans + 1)
    ]
    return [root, *children]


def app(store: Store) -> Starlette:
    def traces(request: Request) -> Response:
        if store.refuses:
            return PlainTextResponse(store.refuses, status_code=400)
        if store.slow is not None:
            store.slow.wait(10)
        asked = request.query_params.get("serviceName", "")
        found = [t for t in store.traces if not asked or asked in services_of(t)]
        store.asked = dict(request.query_params)
        if not store.one_by_one:
            return JSONResponse(found)
        at = int(request.query_params.get("cursor", "0"))
        more = {"clew-next-cursor": str(at + 1)} if at + 1 < len(found) else {}
        return JSONResponse(found[at : at + 1], headers=more)

    def trace(request: Request) -> Response:
        asked = request.path_params["id"]
        found = next((t for t in store.traces if t[0]["traceId"] == asked), None)
        return JSONResponse(found) if found else PlainTextResponse(f"{asked} not found", 404)

    def names(request: Request) -> Response:
        asked = request.query_params["serviceName"]
        spans = (span for trace in store.traces for span in trace)
        of = {span["name"] for span in spans if span["localEndpoint"]["serviceName"] == asked}
        return JSONResponse(sorted(of))

    def services(_: Request) -> Response:
        return JSONResponse([known(name) for name in store.services()])

    def dependencies(request: Request) -> Response:
        if store.refuses:
            return PlainTextResponse(store.refuses, status_code=400)
        store.asked = dict(request.query_params)
        return JSONResponse(store.links)

    def health(_: Request) -> Response:
        troubled = "error" in store.intake
        part = {"status": "DOWN" if troubled else "UP", "details": store.intake}
        document = {"zipkin": {"details": {"Collector{}": part}}}
        return JSONResponse(document, 503 if troubled else 200)

    def config(_: Request) -> Response:
        return PlainTextResponse("", 404) if store.config is None else JSONResponse(store.config)

    async def archive(request: Request) -> Response:
        store.archived.append(await request.json())
        return PlainTextResponse(store.refuses, status_code=400 if store.refuses else 202)

    def nothing(_: Request) -> Response:
        return JSONResponse([])

    return Starlette(
        routes=[
            Route("/zipkin/config.json", config),
            Route("/zipkin/api/v2/traces", traces),
            Route("/zipkin/api/v2/trace/{id}", trace),
            Route("/zipkin/api/v2/spans", names),
            Route("/zipkin/api/v2/remoteServices", nothing),
            Route("/zipkin/api/clew/services", services),
            Route("/zipkin/api/v2/dependencies", dependencies),
            Route("/archive", archive, methods=["POST"]),
            Route("/health", health),
            *serve.routes(),
        ]
    )


SLOTS = {"hello": 0, "world-v1": 1, "report": 2}


def known(name: str) -> Json:
    """One line of the list of services."""
    alias = name.rsplit("/", 1)[-1]
    router = name.startswith("127.")
    return {
        "name": name,
        "alias": name if router else alias,
        "chips": [name] if router else ["port 4141", "fs"] if name.startswith("%") else ["fs"],
        "slot": None if router else SLOTS.get(alias),
        "router": router,
    }


def services_of(trace: Sequence[Json]) -> set[str]:
    return {span["localEndpoint"]["serviceName"] for span in trace}


class Running:
    """A server in a thread, which can be stopped before its time."""

    def __init__(self, store: Store) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app(store), log_level="error", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)
        self._socket.close()


@contextlib.contextmanager
def running(store: Store) -> Iterator[Running]:
    server = Running(store)
    server.start()
    try:
        yield server
    finally:
        server.stop()

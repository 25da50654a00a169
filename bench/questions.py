"""Zipkin's questions over HTTP to servers that hold the same spans, asked in turn."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.servers import Server

Ask = Callable[[], str]
"""The path of the next request."""


def questions(
    trace_ids: list[str], http_paths: list[str], end_ms: int, lookback_ms: int
) -> dict[str, Ask]:
    """What a person asks, each as a GET; the ids and tags to ask for follow one another."""
    ids, values = cycle(trace_ids), cycle(http_paths)
    window = {"endTs": end_ms, "lookback": lookback_ms}

    def search(**conditions: Any) -> str:
        return f"traces?{urlencode({'limit': 10, **window, **conditions})}"

    service = {"serviceName": "service-7"}
    return {
        "trace by id": lambda: f"trace/{next(ids)}",
        "10 newest": search,
        "10 newest of a service": lambda: search(**service),
        "10 newest of a service with a tag": lambda: search(
            annotationQuery="http.status_code=500", **service
        ),
        "10 newest of a service over 100 ms": lambda: search(minDuration=100_000, **service),
        "one value of a tag": lambda: search(annotationQuery=f"http.path={next(values)}"),
        "names of services": lambda: "services",
        "names of a service's spans": lambda: "spans?serviceName=service-7",
        "dependencies": lambda: f"dependencies?{urlencode(window)}",
    }


class Asker:
    """A kept connection to a server."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)

    def ask(self, path: str) -> tuple[float, Any]:
        """Seconds until the whole answer was there, and what it says."""
        start = time.perf_counter()
        self._connection.request("GET", f"/api/v2/{path}")
        response = self._connection.getresponse()
        body = response.read()
        took = time.perf_counter() - start
        assert response.status == 200, (path, response.status, body[:200])
        return took, json.loads(body)


def asked_in_turn(
    askers: list[Asker], ask: Ask, rounds: int, warm_up: float
) -> tuple[list[list[float]], bool]:
    """For each of ``askers`` its times, and whether all said the same every time.

    ``warm_up`` is how many seconds are spent on the question before it is measured.
    """
    end, same = time.perf_counter() + warm_up, True

    def once() -> Iterator[float]:
        nonlocal same
        path = ask()
        answers = [asker.ask(path) for asker in askers]
        said = [essence(document) for _, document in answers]
        same = same and said.count(said[0]) == len(said)
        yield from (took for took, _ in answers)

    while time.perf_counter() < end:
        list(once())
    return [list(times) for times in zip(*(once() for _ in range(rounds)), strict=True)], same


def essence(document: Any) -> Any:
    """What two servers must agree on: traces by their spans' ids, edges by their counts."""
    match document:
        case [[*_], *_]:
            return sorted(map(essence, document))
        case [{"parent": _}, *_]:
            return sorted(
                (edge["parent"], edge["child"], edge["callCount"], edge.get("errorCount", 0))
                for edge in document
            )
        case [{"traceId": _}, *_]:
            return sorted((span["traceId"], span["id"], span["kind"]) for span in document)
        case _:
            return document

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

import clew
from clew.trace.collect.counts import Counts
from clew.trace.collect.status import Status
from clew.trace.store import Health


def get(
    path: str, error: str = "", troubles: tuple[str, ...] = (), counts: Counts | None = None
) -> httpx.Response:
    counts = counts or Counts("http")
    registry = CollectorRegistry()
    registry.register(counts)
    status = Status(
        lambda: Health(name="Engine 1", error=error), counts, registry, lambda: list(troubles)
    )
    transport = httpx.ASGITransport(Starlette(routes=status.routes()))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/health", "application/json; charset=utf-8"),
        ("/actuator/health", "application/vnd.spring-boot.actuator.v2+json;charset=utf-8"),
    ],
)
def test_all_is_well(path: str, content_type: str) -> None:
    counts = Counts("http")
    counts.accepted("http", 3, 1)
    counts.stored(2)
    response = get(path, counts=counts)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.json() == {
        "status": "UP",
        "zipkin": {
            "status": "UP",
            "details": {
                "Engine 1{}": {"status": "UP"},
                "Collector{}": {
                    "status": "UP",
                    "details": {
                        "accepted": 4,
                        "stored": 2,
                        "dropped": {"sampled out": 1},
                        "waiting": 1,
                    },
                },
            },
        },
    }


def test_a_store_that_does_not_answer_is_down_and_says_why() -> None:
    response = get("/health", error="StoreUnavailable: gone")
    assert response.status_code == 503
    document: dict[str, Any] = response.json()
    assert (document["status"], document["zipkin"]["status"]) == ("DOWN", "DOWN")
    assert document["zipkin"]["details"]["Engine 1{}"] == {
        "status": "DOWN",
        "details": {"error": "StoreUnavailable: gone"},
    }
    assert document["zipkin"]["details"]["Collector{}"]["status"] == "UP"


def test_a_log_that_cannot_be_written_is_down_and_says_why() -> None:
    response = get("/health", troubles=("no space", "no store"))
    assert response.status_code == 503
    collector = response.json()["zipkin"]["details"]["Collector{}"]
    assert collector["status"] == "DOWN"
    assert collector["details"]["error"] == "no space; no store"


@pytest.mark.parametrize("path", ["/info", "/actuator/info"])
def test_info_tells_the_version(path: str) -> None:
    assert get(path).json() == {"zipkin": {"version": clew.__version__, "commit": ""}}


def test_metrics_is_flat() -> None:
    assert get("/metrics").json()["counter.zipkin_collector.messages.http"] == 0


@pytest.mark.parametrize("path", ["/prometheus", "/actuator/prometheus"])
def test_prometheus_is_text(path: str) -> None:
    response = get(path)
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'zipkin_collector_messages_total{transport="http"} 0.0' in response.text

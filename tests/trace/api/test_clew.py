"""The pages' own API."""

from __future__ import annotations

from tests.cast import CLIENT_SPAN, changed, named
from tests.contract.base import NewStore, accept
from tests.trace.api.client import Client

from clew.trace.api import ApiSettings, routes
from clew.trace.store import SpanStore


def entry(name: str, alias: str, slot: int | None, *chips: str) -> dict[str, object]:
    return {
        "name": name,
        "alias": alias,
        "chips": list(chips),
        "slot": slot,
        "router": slot is None,
    }


def report(store: SpanStore, *services: str) -> None:
    accept(store, *(changed(CLIENT_SPAN, local_endpoint=named(service)) for service in services))


def test_services_keep_their_slots(new_store: NewStore) -> None:
    store = new_store()
    client = Client(routes(store, ApiSettings()))
    assert client.get("/api/clew/services").json() == []
    report(store, "0.0.0.0/4140", "%/io.l5d.port/4141/#/io.l5d.fs/hello", "world")
    first = [
        entry("%/io.l5d.port/4141/#/io.l5d.fs/hello", "hello", 0, "port 4141", "fs"),
        entry("0.0.0.0/4140", "0.0.0.0/4140", None, "0.0.0.0/4140"),
        entry("world", "world", 1),
    ]
    assert client.get("/api/clew/services").json() == first
    report(store, "aaa", "#/io.l5d.fs/hello")
    assert client.get("/zipkin/api/clew/services").json() == [
        entry("#/io.l5d.fs/hello", "hello", 0, "fs"),
        *first[:2],
        entry("aaa", "aaa", 2),
        first[2],
    ]


def test_without_search_there_is_no_list(new_store: NewStore) -> None:
    store = new_store()
    report(store, "world")
    routed = routes(store, ApiSettings(search_enabled=False))
    assert Client(routed).get("/api/clew/services").json() == []

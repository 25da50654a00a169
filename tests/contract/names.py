"""ITServiceAndSpanNames: which names are known, by the service that recorded them."""

from __future__ import annotations

import pytest
from tests.cast import BACKEND, CLIENT_SPAN, FRONTEND, at, changed, named, span
from tests.contract.base import accept

from clew.trace.store import SpanStore


class ServiceAndSpanNames:
    def test_getLocalServiceNames_includesLocalServiceName(self, store: SpanStore) -> None:
        assert store.services() == []
        accept(store, CLIENT_SPAN)
        assert store.services() == ["frontend"]

    def test_getLocalServiceNames_noServiceName(self, store: SpanStore) -> None:
        accept(store, span("1", "1", timestamp=at(1), remote_endpoint=BACKEND, name="get"))
        assert store.services() == []

    def test_getRemoteServiceNames(self, store: SpanStore) -> None:
        assert store.remote_services("frontend") == []
        accept(store, CLIENT_SPAN)
        assert store.remote_services("frontend") == ["backend"]
        assert store.remote_services("frontend" + "1") == []

    @pytest.mark.parametrize("service", ["frontend", "FRONTEND"])
    def test_getRemoteServiceNames_serviceNameGoesLowercase(
        self, store: SpanStore, service: str
    ) -> None:
        accept(store, CLIENT_SPAN)
        assert store.remote_services(service) == ["backend"]

    def test_getRemoteServiceNames_allReturned(self, store: SpanStore) -> None:
        names = sorted(f"yak-{i}" for i in range(60))
        spans = [changed(CLIENT_SPAN, remote_endpoint=named(name, BACKEND)) for name in names]
        accept(store, *spans)
        assert store.remote_services("frontend") == names

    def test_getRemoteServiceNames_dedupes(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN, changed(CLIENT_SPAN, id="1" * 16))
        accept(store, changed(CLIENT_SPAN, id="2" * 16))
        assert store.remote_services("frontend") == ["backend"]

    def test_getRemoteServiceNames_noRemoteServiceName(self, store: SpanStore) -> None:
        accept(store, changed(CLIENT_SPAN, remote_endpoint=None))
        assert store.remote_services("frontend") == []

    def test_getSpanNames(self, store: SpanStore) -> None:
        assert store.span_names("frontend") == []
        accept(store, CLIENT_SPAN)
        assert store.span_names("frontend") == ["get"]
        assert store.span_names("frontend" + "1") == []

    @pytest.mark.parametrize("service", ["frontend", "FRONTEND"])
    def test_getSpanNames_serviceNameGoesLowercase(self, store: SpanStore, service: str) -> None:
        accept(store, CLIENT_SPAN)
        assert store.span_names(service) == ["get"]

    def test_getSpanNames_allReturned(self, store: SpanStore) -> None:
        names = sorted(f"yak-{i}" for i in range(60))
        accept(store, *(changed(CLIENT_SPAN, name=name) for name in names))
        assert store.span_names("frontend") == names

    def test_getSpanNames_dedupes(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN, changed(CLIENT_SPAN, id="1" * 16))
        assert store.span_names("frontend") == ["get"]

    def test_getSpanNames_noSpanName(self, store: SpanStore) -> None:
        accept(store, changed(CLIENT_SPAN, name=None))
        assert store.span_names("frontend") == []

    def test_getSpanNames_doesNotMapNameToRemoteServiceName(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert store.span_names("backend") == []

    def test_names_ofAnyCharacters(self, store: SpanStore) -> None:
        """Not in Zipkin: what quoting must not break."""
        for name in ("été\t\n\\'", "{x:uint8}", "$columns", "' or 1=1 --", "\0"):
            local = named(name, FRONTEND)
            accept(store, changed(CLIENT_SPAN, local_endpoint=local, name=name))
            assert store.span_names(name) == [name], name
            assert name in store.services()

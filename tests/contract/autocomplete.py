"""ITAutocompleteTags: values of the tags that the store was told to offer."""

from __future__ import annotations

from tests.cast import CLIENT_SPAN, changed
from tests.contract.base import NewStore, accept


class AutocompleteTags:
    def test_ignores_when_key_not_in_autocompleteTags(self, new_store: NewStore) -> None:
        store = new_store(autocomplete_keys=["http.host"])
        accept(store, changed(CLIENT_SPAN, tags={"http.method": "GET"}))
        assert store.autocomplete_values("http.method") == []
        assert store.autocomplete_values("http.host") == []

    def test_getTagsAndValues(self, new_store: NewStore) -> None:
        store = new_store(autocomplete_keys=["http.host", "it's \\ a key"])
        for host in ("host1", "host2", "host1"):
            accept(store, changed(CLIENT_SPAN, tags={"http.host": host, "it's \\ a key": "x"}))
        assert store.autocomplete_values("http.host") == ["host1", "host2"]
        assert store.autocomplete_values("it's \\ a key") == ["x"]
        assert store.autocomplete_values("HTTP.HOST") == []

"""ITTraces: reading traces by id."""

from __future__ import annotations

from tests.cast import CLIENT_SPAN, at, by_id, changed, span, trace
from tests.contract.base import accept

from clew.trace.store import SpanStore

DEBUG_AND_SHARED = [
    span("d", "1", timestamp=at(1), debug=True),
    span("d", "1", timestamp=at(1), shared=True),
    span("d", "1", timestamp=at(1), debug=True, shared=True),
    span("d", "1", timestamp=at(1)),
]


class Traces:
    def test_getTrace_returnsEmptyOnNotFound(self, store: SpanStore) -> None:
        assert store.trace(CLIENT_SPAN.trace_id) == []
        accept(store, CLIENT_SPAN)
        assert store.trace(CLIENT_SPAN.trace_id) == [CLIENT_SPAN]
        assert store.trace(CLIENT_SPAN.trace_id[-16:]) == []

    def test_getTrace_differentiatesDebugFromShared(self, store: SpanStore) -> None:
        accept(store, *DEBUG_AND_SHARED)
        assert by_id(store.trace(DEBUG_AND_SHARED[0].trace_id)) == by_id(DEBUG_AND_SHARED)

    def test_getTraces_onlyReturnsTracesThatMatch(self, store: SpanStore) -> None:
        for number in "123":
            accept(store, *trace(number))
        one, _, three = (trace(number)[0].trace_id for number in "123")
        read = store.traces([three, one, "f" * 16])
        assert [by_id(spans) for spans in read] == [by_id(trace("3")), by_id(trace("1"))]

    def test_getTraces_differentiatesDebugFromShared(self, store: SpanStore) -> None:
        accept(store, *DEBUG_AND_SHARED)
        accept(store, CLIENT_SPAN)
        read = store.traces([DEBUG_AND_SHARED[0].trace_id, CLIENT_SPAN.trace_id])
        assert [by_id(spans) for spans in read] == [by_id(DEBUG_AND_SHARED), [CLIENT_SPAN]]

    def test_getTraces_returnsEmptyOnNotFound(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert store.traces(["1" * 16, "2" * 32]) == []
        assert store.traces([]) == []

    def test_getTrace_deduplicates(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        accept(store, CLIENT_SPAN, changed(CLIENT_SPAN, name="other"))
        read = store.trace(CLIENT_SPAN.trace_id)
        assert by_id(read) == by_id([CLIENT_SPAN, changed(CLIENT_SPAN, name="other")])

    def test_getTrace_thousandsOfSpansOfOneId(self, store: SpanStore) -> None:
        """Not in Zipkin: reading takes time in proportion to the spans, whatever they are."""
        spans = [span("f", "1", timestamp=at(1), tags={"n": f"{i:05}"}) for i in range(20_000)]
        accept(store, *spans)
        assert by_id(store.trace(spans[0].trace_id)) == spans

    def test_getTrace_hoursLong(self, store: SpanStore) -> None:
        """Not in Zipkin: a trace may run for days."""
        spans = [
            span("e", f"{hour + 100:x}", timestamp=at(hour * 3_600_000)) for hour in range(-90, 9)
        ]
        accept(store, *spans)
        assert by_id(store.trace("e".rjust(16, "0"))) == by_id(spans)

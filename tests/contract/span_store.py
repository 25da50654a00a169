"""ITSpanStore: which traces a search finds."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import (
    BACKEND,
    CLIENT_SPAN,
    DAY,
    DB,
    FRONTEND,
    LOTS_OF_TEXT,
    TODAY,
    at,
    by_id,
    changed,
    named,
    span,
    trace,
)
from tests.contract.base import accept, found, ids

from clew.span.model import Annotation, Endpoint, Kind, Micros
from clew.trace.store import SpanStore

EVERY_CONDITION: dict[str, Any] = {
    "service": "frontend",
    "remote_service": "backend",
    "span_name": "get",
    "terms": {"http.path": "/api", "foo": ""},
    "min_duration": 1,
    "max_duration": 10**9,
}


class Searching:
    def test_allShouldWorkWhenEmpty(self, store: SpanStore) -> None:
        assert found(store) == []
        assert found(store, **EVERY_CONDITION) == []
        assert store.services() == []
        assert store.span_names("frontend") == []
        assert store.remote_services("frontend") == []
        assert store.health().up

    def test_allShouldWorkWhenNoIndexableDataYet(self, store: SpanStore) -> None:
        accept(store, span("1", "1"))
        self.test_allShouldWorkWhenEmpty(store)

    def test_consumer_implementsCall_execute(self, store: SpanStore) -> None:
        """Ours: writing a batch again adds nothing, so that whoever is not sure tries again."""
        accept(store, *trace())
        accept(store, *trace())
        assert found(store) == [by_id(trace())]

    def test_getTraces_groupsTracesTogether(self, store: SpanStore) -> None:
        first, *rest = trace()
        accept(store, first)
        accept(store, *rest)
        assert found(store) == [by_id(trace())]

    def test_getTraces_considersBitsAbove64bit(self, store: SpanStore) -> None:
        low = "1" * 16
        for trace_id in (low, "2" * 16 + low, "1".rjust(16, "0") + low):
            accept(store, changed(CLIENT_SPAN, trace_id=trace_id, tags={"for": trace_id}))
        for trace_id in (low, "2" * 16 + low, "1".rjust(16, "0") + low):
            (only,) = found(store, service="frontend", terms={"for": trace_id})
            assert [s.trace_id for s in only] == [trace_id]

    def test_getTraces_filteringMatchesMostRecentTraces(self, store: SpanStore) -> None:
        early = [changed(CLIENT_SPAN, trace_id=f"{i:016x}", timestamp=at(i)) for i in range(1, 11)]
        late = [
            changed(CLIENT_SPAN, trace_id=f"{i:016x}", timestamp=at(600_000 + i))
            for i in range(11, 21)
        ]
        accept(store, *early)
        accept(store, *late)
        everything = [[s] for s in reversed(early + late)]
        assert found(store, limit=20) == everything
        assert found(store, limit=10) == everything[:10]
        assert found(store, limit=10, end_ts_ms=TODAY + 60_000) == everything[10:]
        assert found(store, end_ts_ms=TODAY + 600_020, lookback_ms=60_000) == everything[:10]

    @pytest.mark.parametrize("trace_id", ["1", "f" * 32], ids=["", "mixedTraceIdLength"])
    def test_getTraces_serviceNames(self, store: SpanStore, trace_id: str) -> None:
        accept(store, *trace(trace_id))
        for conditions, expected in (
            ({"service": "frontend"}, True),
            ({"service": "backend"}, True),
            ({"service": "db"}, False),  # only remote
            ({"service": "backend", "remote_service": "db"}, True),
            ({"service": "frontend", "remote_service": "db"}, False),  # another calls it
            ({"remote_service": "db"}, True),
        ):
            traces = [by_id(trace(trace_id))] if expected else []
            assert found(store, **conditions) == traces, conditions

    @pytest.mark.parametrize("trace_id", ["1", "f" * 32], ids=["", "mixedTraceIdLength"])
    def test_getTraces_spanName(self, store: SpanStore, trace_id: str) -> None:
        accept(store, *trace(trace_id))
        for conditions, expected in (
            ({"span_name": "query"}, True),
            ({"service": "backend", "span_name": "query"}, True),
            ({"service": "frontend", "span_name": "query"}, False),  # another's
            ({"service": "frontend", "span_name": "unknown"}, False),
        ):
            assert bool(found(store, **conditions)) is expected, conditions

    def test_getTraces_tags(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert found(store, service="frontend", terms={"http.path": "/api"}) == [[CLIENT_SPAN]]
        assert found(store, service="frontend", terms={"http.path": "/ap"}) == []
        assert found(store, service="frontend", terms={"http.pat": "/api"}) == []

    def test_getTraces_tags_splitAtTheFirstEqualsSign(self, store: SpanStore) -> None:
        """Not in Zipkin: keys and values that look alike once joined are not mixed up."""
        accept(store, changed(CLIENT_SPAN, trace_id="1" * 16, tags={"a": "b=c"}))
        accept(store, changed(CLIENT_SPAN, trace_id="2" * 16, tags={"a=b": "c"}))
        assert ids(store, terms={"a": "b=c"}) == ["1" * 16]

    def test_getTraces_minDuration(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert found(store, min_duration=207_000)
        assert not found(store, min_duration=207_001)

    def test_getTraces_maxDuration(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert found(store, min_duration=1, max_duration=207_000)
        assert found(store, min_duration=207_000, max_duration=207_000)
        assert not found(store, min_duration=1, max_duration=206_999)

    def test_getTraces_lateDuration(self, store: SpanStore) -> None:
        accept(store, changed(CLIENT_SPAN, duration=None))
        assert not found(store, min_duration=207_000)
        accept(store, span(CLIENT_SPAN.trace_id, CLIENT_SPAN.id, duration=Micros(207_000)))
        assert len(found(store, min_duration=207_000)) == 1

    def test_readback_minimalErrorSpan(self, store: SpanStore) -> None:
        failed = span(
            "1", "1", timestamp=at(1), tags={"error": ""}, local_endpoint=FRONTEND, kind=Kind.CLIENT
        )
        accept(store, failed)
        assert store.trace(failed.trace_id) == [failed]
        assert found(store, terms={"error": ""}) == [[failed]]
        assert found(store, terms={"error": "1"}) == []

    def test_readsBackLargeValues(self, store: SpanStore) -> None:
        large = changed(CLIENT_SPAN, tags={"sql": LOTS_OF_TEXT}, name=LOTS_OF_TEXT)
        accept(store, large)
        assert store.trace(large.trace_id) == [large]

    def test_spanWithProblematicData(self, store: SpanStore) -> None:
        odd = changed(
            CLIENT_SPAN,
            name='{"x": [1,"\\t"]}\n\0',
            tags={"a": "1", "a.b": "2", "a.b.c": "3", "": "no key", "é=\\'": "\u2028\t'\"\\ \0"},
            local_endpoint=Endpoint(service_name="0.0.0.0/4140", ipv4="0.0.0.0", ipv6="::"),
            remote_endpoint=Endpoint(ipv6="::ffff:102:304", port=65535),
            annotations=(Annotation(timestamp=Micros(0), value=""),),
        )
        accept(store, odd)
        assert store.trace(odd.trace_id) == [odd]
        assert found(store, service="0.0.0.0/4140", terms={"a.b": "2", "é=\\'": ""}) == [[odd]]

    def test_readsBackNumbersOfFullWidth(self, store: SpanStore) -> None:
        """Not in Zipkin."""
        wide = span(
            "f" * 32,
            "f" * 16,
            parent_id="e" * 16,
            timestamp=2**63 - 1,
            duration=2**63 - 1,
            annotations=(Annotation(timestamp=Micros(-5), value="a"),),
        )
        accept(store, wide, changed(wide, timestamp=None, duration=None))
        assert by_id(store.trace("f" * 32)) == by_id(
            [wide, changed(wide, timestamp=None, duration=None)]
        )

    def test_getTraces_duration(self, store: SpanStore) -> None:
        one, two = named("s1"), named("s2")
        accept(
            store,
            span("1", "1", timestamp=at(1), duration=30, local_endpoint=one),
            span("1", "2", timestamp=at(2), duration=20, local_endpoint=two, tags={"k": "1"}),
            span("2", "1", timestamp=at(3), duration=10, local_endpoint=one),
            span("2", "2", timestamp=at(4), duration=25, local_endpoint=two, name="zip"),
        )
        for conditions, expected in (
            ({"service": "s1", "min_duration": 30}, ["1"]),
            ({"service": "s2", "min_duration": 20}, ["1", "2"]),
            ({"service": "s2", "min_duration": 21}, ["2"]),
            ({"service": "s2", "min_duration": 20, "max_duration": 20}, ["1"]),
            ({"service": "s1", "min_duration": 20, "max_duration": 25}, []),
            ({"service": "s2", "min_duration": 20, "span_name": "zip"}, ["2"]),
            ({"service": "s2", "min_duration": 20, "terms": {"k": "1"}}, ["1"]),
        ):
            assert ids(store, **conditions) == expected, conditions

    def test_getTraces_absentWhenNoTimestamp(self, store: SpanStore) -> None:
        undated = span("1", "1", name="get", local_endpoint=FRONTEND)
        accept(store, undated)
        assert found(store, service="frontend") == []
        assert found(store, service="frontend", span_name="get") == []
        assert store.trace(undated.trace_id) == [undated]
        dated = span("1", "1", timestamp=at(1), local_endpoint=FRONTEND)
        accept(store, dated)
        assert found(store, service="frontend") == [[undated, dated]]
        assert found(store, service="frontend", span_name="get") == [[undated, dated]]

    def test_getTraces_differentiatesDebugFromShared(self, store: SpanStore) -> None:
        spans = [
            changed(CLIENT_SPAN, debug=True),
            changed(CLIENT_SPAN, kind=Kind.SERVER, shared=True),
        ]
        accept(store, *spans)
        assert found(store) == [by_id(spans)]

    def test_getTraces_annotation(self, store: SpanStore) -> None:
        accept(store, CLIENT_SPAN)
        assert found(store, service="frontend", terms={"foo": ""}) == [[CLIENT_SPAN]]
        assert found(store, service="frontend", terms={"fo": ""}) == []
        assert found(store, service="frontend", terms={"foo": "foo"}) == []

    def test_getTraces_multipleAnnotationsBecomeAndFilter(self, store: SpanStore) -> None:
        def of(number: str, *annotations: str, **tags: str) -> None:
            notes = tuple(Annotation(timestamp=at(1), value=value) for value in annotations)
            accept(
                store,
                span(
                    number,
                    "1",
                    timestamp=at(1),
                    local_endpoint=FRONTEND,
                    annotations=notes,
                    tags=dict(sorted(tags.items())),
                ),
            )

        of("1", "foo")
        of("2", "bar", "foo")
        of("3", "foo", a="b")
        of("4", "foo", "bar", a="b", c="d")
        assert ids(store, terms={"foo": ""}) == ["1", "2", "3", "4"]
        assert ids(store, terms={"foo": "", "bar": ""}) == ["2", "4"]
        assert ids(store, terms={"foo": "", "a": "b"}) == ["3", "4"]
        assert ids(store, terms={"foo": "", "bar": "", "a": "b", "c": "d"}) == ["4"]

    def test_getTraces_conditionsMetByDifferentSpans(self, store: SpanStore) -> None:
        """The rule behind several of Zipkin's tests, alone."""
        accept(
            store,
            span("1", "1", timestamp=at(1), local_endpoint=FRONTEND, tags={"k": "v"}),
            span("1", "2", timestamp=at(2), local_endpoint=FRONTEND, tags={"j": "w"}),
            span("1", "3", timestamp=at(3), local_endpoint=BACKEND, tags={"i": "x"}),
        )
        assert ids(store, service="frontend", terms={"k": "v", "j": "w"}) == ["1"]
        assert ids(store, service="frontend", terms={"i": "x"}) == []
        assert ids(store, terms={"i": "x"}) == ["1"]

    def test_getTraces_differentiateOnServiceName(self, store: SpanStore) -> None:
        note = Annotation(timestamp=at(1), value="web")
        for number, (one, two) in enumerate([(FRONTEND, BACKEND), (BACKEND, FRONTEND)], start=1):
            accept(
                store,
                span(
                    str(number),
                    "1",
                    timestamp=at(1),
                    local_endpoint=one,
                    annotations=(note,),
                    tags={"local": "1"},
                ),
                span(str(number), "2", parent_id="1", timestamp=at(2), local_endpoint=two),
            )
        assert ids(store, service="frontend", terms={"web": ""}) == ["1"]
        assert ids(store, service="backend", terms={"web": ""}) == ["2"]
        assert ids(store, service="frontend", terms={"local": "1"}) == ["1"]
        assert ids(store, terms={"local": "1"}) == ["1", "2"]

    def test_getTraces_limit(self, store: SpanStore) -> None:
        spans = [changed(CLIENT_SPAN, trace_id=f"{i:016x}", timestamp=at(i)) for i in range(1, 5)]
        accept(store, *spans)
        assert found(store, limit=2) == [[spans[3]], [spans[2]]]
        assert found(store, service="frontend", limit=1) == [[spans[3]]]

    def test_getTraces_limit_ofEquallyNewTraces(self, store: SpanStore) -> None:
        """Not in Zipkin: pages of a search neither repeat nor skip."""
        accept(store, *(span(f"{i:x}", "1", timestamp=at(1)) for i in range(1, 451)))
        assert len(ids(store, limit=1000)) == 450
        assert ids(store, limit=2) == ["1c1", "1c2"]

    def test_getTraces_endTsAndLookback(self, store: SpanStore) -> None:
        accept(store, span("1", "1", timestamp=at(500)), span("2", "1", timestamp=at(1000)))
        for end, lookback, expected in (
            (1000, 500, ["1", "2"]),
            (1000, 1, ["2"]),
            (999, 499, ["1"]),
            (999, 498, []),
            (1001, 1, ["2"]),
            (2000, 999, []),
        ):
            found_ids = ids(store, end_ts_ms=TODAY + end, lookback_ms=lookback)
            assert found_ids == expected, (end, lookback)

    def test_names_goLowercase(self, store: SpanStore) -> None:
        """Spans are normal before they come here, and a query before it is asked."""
        accept(store, CLIENT_SPAN)
        assert store.services() == ["frontend"]
        assert store.span_names("FRONTEND") == ["get"]
        assert store.remote_services("FrontEnd") == ["backend"]

    def test_getTraces_endTsInsideTheTrace(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert found(store, end_ts_ms=TODAY + 100) == [by_id(trace())]

    def test_getTraces_rootDecidesTheWindow(self, store: SpanStore) -> None:
        """A trace that began before the window is not in it, whatever happens in it later."""
        accept(store, *trace())
        assert found(store, end_ts_ms=TODAY + 1000, lookback_ms=950) == []

    def test_getTraces_ofYearsAgo(self, store: SpanStore) -> None:
        """Not in Zipkin: a report may come years late, or with a clock that is years ahead."""
        for number, years in (("1", -9), ("2", 9)):
            old = [
                changed(s, timestamp=(s.timestamp or 0) + years * 365 * DAY * 1000)
                for s in trace(number)
            ]
            accept(store, *old)
            end = TODAY + 1000 + years * 365 * DAY
            assert found(store, end_ts_ms=end, terms={"error": ""}) == [by_id(old)]
        assert found(store) == []

    def test_traceWithManySpans(self, store: SpanStore) -> None:
        """ITSpanStoreHeavy."""
        spans = [span("1", f"{i:x}", timestamp=at(i)) for i in range(1, 102)]
        accept(store, *spans)
        assert found(store, limit=1) == [by_id(spans)]
        assert by_id(store.trace(spans[0].trace_id)) == by_id(spans)

    def test_getTraces_manyTraces(self, store: SpanStore) -> None:
        """ITSpanStoreHeavy."""
        numbers = range(1, 1001)
        accept(
            store,
            *(changed(CLIENT_SPAN, trace_id=f"{i:016x}", remote_endpoint=DB) for i in numbers),
        )
        for conditions in (
            {},
            {"service": "frontend"},
            {"service": "frontend", "remote_service": "db"},
            {"span_name": "get"},
            {"terms": {"http.path": "/api"}},
        ):
            assert len(found(store, limit=1000, **conditions)) == 1000, conditions

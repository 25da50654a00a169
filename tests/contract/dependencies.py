"""ITDependencies: who calls whom, from whole traces of a window."""

from __future__ import annotations

import pytest
from tests.cast import BACKEND, DAY, DB, FRONTEND, KAFKA, TODAY, at, changed, named, span, trace
from tests.contract.base import NewStore, accept

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace.store import SpanStore

STANDARD = {"frontend>backend": (1, 0), "backend>db": (1, 1)}


def links(
    store: SpanStore, end_ts_ms: int = TODAY + DAY, lookback_ms: int = DAY
) -> dict[str, tuple[int, int]]:
    return {
        f"{link.parent}>{link.child}": (link.call_count, link.error_count)
        for link in store.dependencies(end_ts_ms, lookback_ms)
    }


def later(spans: list[Span], milliseconds: int) -> list[Span]:
    return [changed(s, timestamp=Micros((s.timestamp or 0) + milliseconds * 1000)) for s in spans]


class Dependencies:
    def test_getDependencies(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert links(store) == STANDARD

    def test_getDependencies_linksMixedTraceId(self, store: SpanStore) -> None:
        accept(store, *trace("2" * 32)[:2], *trace("2" * 16)[2:])
        assert links(store) == STANDARD

    def test_replayOverwrites(self, store: SpanStore) -> None:
        accept(store, *trace())
        accept(store, *trace())
        assert links(store) == STANDARD

    def test_empty(self, store: SpanStore) -> None:
        assert links(store) == {}

    def test_getDependenciesAllInstrumented(self, store: SpanStore) -> None:
        one, two, three = (named(name) for name in ("trace-one", "trace-two", "trace-three"))
        client, server = Kind.CLIENT, Kind.SERVER
        accept(
            store,
            span("1", "1", kind=server, timestamp=at(1), local_endpoint=one),
            span("1", "2", parent_id="1", kind=client, timestamp=at(2), local_endpoint=one),
            span("1", "2", kind=server, timestamp=at(3), local_endpoint=two, shared=True),
            span("1", "3", parent_id="2", kind=client, timestamp=at(4), local_endpoint=two),
            span("1", "3", kind=server, timestamp=at(5), local_endpoint=three, shared=True),
        )
        assert links(store) == {"trace-one>trace-two": (1, 0), "trace-two>trace-three": (1, 0)}

    def test_dependencies_loopback(self, store: SpanStore) -> None:
        accept(
            store,
            span("1", "1", kind=Kind.SERVER, timestamp=at(1), local_endpoint=FRONTEND),
            span(
                "1",
                "2",
                parent_id="1",
                kind=Kind.CLIENT,
                timestamp=at(2),
                local_endpoint=FRONTEND,
                remote_endpoint=FRONTEND,
            ),
        )
        assert links(store) == {"frontend>frontend": (1, 0)}

    def test_dependencies_headlessTrace(self, store: SpanStore) -> None:
        accept(store, *trace()[1:])
        assert links(store) == STANDARD

    def test_looksBackIndefinitely(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert links(store, end_ts_ms=TODAY + 1000, lookback_ms=DAY) == STANDARD

    def test_endTsInsideTheTrace(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert links(store, end_ts_ms=TODAY + 100) == STANDARD

    def test_endTimeBeforeData(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert links(store, end_ts_ms=TODAY - 1000) == {}

    def test_lookbackAfterData(self, store: SpanStore) -> None:
        accept(store, *trace())
        assert links(store, end_ts_ms=TODAY + DAY, lookback_ms=DAY - 3600) == {}

    def test_notInstrumentedClientAndServer(self, store: SpanStore) -> None:
        root, *rest = trace()
        accept(store, changed(root, remote_endpoint=KAFKA), *rest)
        assert links(store) == {"kafka>frontend": (1, 0), **STANDARD}

    def test_instrumentedClientAndServer(self, store: SpanStore) -> None:
        accept(store, *trace()[1:])
        assert links(store) == STANDARD

    def test_instrumentedProducerAndConsumer(self, store: SpanStore) -> None:
        producer, consumer = named("producer"), named("consumer")
        accept(
            store,
            span(
                "1",
                "1",
                kind=Kind.PRODUCER,
                timestamp=at(1),
                local_endpoint=producer,
                remote_endpoint=KAFKA,
            ),
            span(
                "1",
                "2",
                parent_id="1",
                kind=Kind.CONSUMER,
                timestamp=at(2),
                local_endpoint=consumer,
                remote_endpoint=KAFKA,
            ),
        )
        assert links(store) == {"producer>kafka": (1, 0), "kafka>consumer": (1, 0)}

    def test_missingIntermediateSpan(self, store: SpanStore) -> None:
        accept(
            store,
            span("1", "1", kind=Kind.SERVER, timestamp=at(1), local_endpoint=FRONTEND),
            # its parent, a span of frontend's, never arrived
            span(
                "1", "3", parent_id="2", kind=Kind.CLIENT, timestamp=at(2), local_endpoint=BACKEND
            ),
        )
        assert links(store) == {"frontend>backend": (1, 0)}

    def test_canSearchForIntervalsBesidesToday(self, store: SpanStore) -> None:
        accept(store, *trace("1"))
        accept(store, *later(trace("2"), -DAY))
        twice = {link: (2 * calls, 2 * errors) for link, (calls, errors) in STANDARD.items()}
        assert links(store, end_ts_ms=TODAY + 1000, lookback_ms=1000) == STANDARD
        assert links(store, end_ts_ms=TODAY - DAY + 1000, lookback_ms=1000) == STANDARD
        assert links(store, end_ts_ms=TODAY + 1000, lookback_ms=2 * DAY) == twice

    def test_spanKindIsNotRequiredWhenEndpointsArePresent(self, store: SpanStore) -> None:
        some = named("some-client")
        accept(
            store,
            span("1", "1", timestamp=at(1), local_endpoint=some, remote_endpoint=FRONTEND),
            span(
                "1",
                "2",
                parent_id="1",
                timestamp=at(2),
                local_endpoint=FRONTEND,
                remote_endpoint=BACKEND,
            ),
            span(
                "1", "3", parent_id="2", timestamp=at(3), local_endpoint=BACKEND, remote_endpoint=DB
            ),
        )
        assert links(store) == {
            "some-client>frontend": (1, 0),
            "frontend>backend": (1, 0),
            "backend>db": (1, 0),
        }

    def test_unnamedEndpointsAreSkipped(self, store: SpanStore) -> None:
        nameless = Endpoint(ipv4="172.17.0.4")
        accept(
            store,
            span(
                "1",
                "1",
                kind=Kind.SERVER,
                timestamp=at(1),
                local_endpoint=FRONTEND,
                remote_endpoint=nameless,
            ),
            span(
                "1",
                "2",
                parent_id="1",
                kind=Kind.CLIENT,
                timestamp=at(2),
                local_endpoint=FRONTEND,
                remote_endpoint=nameless,
            ),
        )
        assert links(store) == {}

    def test_intermediateSpans(self, store: SpanStore) -> None:
        def below(id: str, **fields: object) -> Span:
            return span("1", id, parent_id=str(int(id) - 1), timestamp=at(int(id)), **fields)

        accept(
            store,
            span("1", "1", kind=Kind.SERVER, timestamp=at(1), local_endpoint=FRONTEND),
            below("2", local_endpoint=FRONTEND, name="depth2"),
            below("3", local_endpoint=FRONTEND, name="depth3", kind=Kind.CLIENT),
            below("4", local_endpoint=BACKEND, kind=Kind.SERVER),
            below("5", local_endpoint=BACKEND, name="depth4"),
            below("6", local_endpoint=BACKEND, remote_endpoint=DB, kind=Kind.CLIENT),
        )
        assert links(store) == {"frontend>backend": (1, 0), "backend>db": (1, 0)}

    @pytest.mark.parametrize("duration", [None, Micros(10)], ids=["oneway", "answered"])
    def test_oneway(self, store: SpanStore, duration: Micros | None) -> None:
        accept(
            store,
            span(
                "1",
                "1",
                kind=Kind.CLIENT,
                timestamp=at(1),
                duration=duration,
                local_endpoint=FRONTEND,
            ),
            span("1", "1", kind=Kind.SERVER, timestamp=at(2), local_endpoint=BACKEND, shared=True),
        )
        assert links(store) == {"frontend>backend": (1, 0)}

    def test_annotationNamedErrorIsntError(self, store: SpanStore) -> None:
        *others, last = trace()
        note = Annotation(timestamp=at(160), value="error")
        accept(store, *others, changed(last, tags={}, annotations=(note,)))
        assert links(store) == {"frontend>backend": (1, 0), "backend>db": (1, 0)}

    def test_oneway_noClient(self, store: SpanStore) -> None:
        accept(
            store,
            span(
                "1",
                "1",
                kind=Kind.SERVER,
                timestamp=at(1),
                local_endpoint=BACKEND,
                remote_endpoint=KAFKA,
            ),
            span("1", "2", parent_id="1", timestamp=at(2), local_endpoint=BACKEND),
        )
        assert links(store) == {"kafka>backend": (1, 0)}

    def test_duplicateAddress(self, store: SpanStore) -> None:
        """What a v1 span becomes whose ca and sa are its own endpoint: the name is stripped."""
        nameless = Endpoint(ipv4=BACKEND.ipv4, port=BACKEND.port)
        accept(
            store,
            span("1", "1", kind=Kind.CLIENT, timestamp=at(1), local_endpoint=FRONTEND),
            span(
                "1",
                "1",
                kind=Kind.SERVER,
                timestamp=at(2),
                local_endpoint=BACKEND,
                remote_endpoint=nameless,
                shared=True,
            ),
        )
        assert links(store) == {"frontend>backend": (1, 0)}

    def test_manyLinks(self, new_store: NewStore) -> None:
        """ITDependenciesHeavy."""
        store = new_store()
        spans: list[Span] = []
        for i in range(1, 257):
            web, app, db = (named(f"{name}-{i}") for name in ("web", "app", "db"))
            spans += [
                span(f"{i:x}", "1", kind=Kind.CLIENT, timestamp=at(i), local_endpoint=web),
                span(
                    f"{i:x}",
                    "1",
                    kind=Kind.SERVER,
                    timestamp=at(i),
                    local_endpoint=app,
                    shared=True,
                ),
                span(
                    f"{i:x}",
                    "2",
                    parent_id="1",
                    kind=Kind.CLIENT,
                    timestamp=at(i),
                    local_endpoint=app,
                    remote_endpoint=db,
                ),
            ]
        accept(store, *spans)
        assert links(store) == {
            link: (1, 0) for i in range(1, 257) for link in (f"web-{i}>app-{i}", f"app-{i}>db-{i}")
        }

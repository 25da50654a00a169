"""Links out of whole traces: Zipkin's rules, by cases, and what holds for any trace."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import DB, KAFKA, changed, named, span, trace

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace import dependencies
from clew.trace.dependencies import Alike, DependencyLink, Latency, count, link

CLIENT, SERVER, PRODUCER, CONSUMER = Kind.CLIENT, Kind.SERVER, Kind.PRODUCER, Kind.CONSUMER
ERROR = {"error": ""}


def side(
    id: str,
    kind: Kind | None,
    local: str | None = None,
    remote: str | None = None,
    *,
    under: str | None = None,
    shared: bool = False,
    error: bool = False,
    trace_id: str = "1",
) -> Span:
    """One side of a call: of ``local``, which says that the other is ``remote``."""
    return span(
        trace_id,
        id,
        parent_id=under,
        kind=kind,
        local_endpoint=named(local) if local else None,
        remote_endpoint=Endpoint(service_name=remote) if remote else None,
        shared=shared,
        tags=ERROR if error else {},
    )


def links(*traces: list[Span]) -> dict[str, str]:
    """Calls by ``parent>child``, and after a slash those that failed."""
    return {
        f"{found.parent}>{found.child}": f"{found.call_count}"
        + (f"/{found.error_count}" if found.error_count else "")
        for found in link(traces)
    }


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], {}, id="baseCase"),
        pytest.param(
            [
                side("1", SERVER, "web"),
                side("2", CLIENT, "web", "app", under="1"),
                side("2", SERVER, "app", under="1", shared=True),
                side("3", CLIENT, "app", "db", under="2", error=True),
            ],
            {"web>app": "1", "app>db": "1/1"},
            id="linksSpans",
        ),
        pytest.param(
            [
                side("1", SERVER, "web"),
                side("2", CLIENT, "web", "app", under="1"),
                side("2", SERVER, "app", shared=True),
                side("3", CLIENT, "app", "db", under="2"),
            ],
            {"web>app": "1", "app>db": "1"},
            id="linksSpans_serverMissingParentId",
        ),
        pytest.param(
            [
                side("2", SERVER, "app", shared=True),
                side("1", SERVER, "web"),
                side("2", CLIENT, "web", "app", under="1"),
            ],
            {"web>app": "1"},
            id="lateParentIdInSharedSpan",
        ),
        pytest.param(
            [
                side("1", SERVER, "web"),
                # the client of 2 never arrived, and its server does not know its parent
                side("2", SERVER, "app", shared=True),
                side("3", CLIENT, "app", "db", under="2"),
            ],
            {"web>app": "1", "app>db": "1"},
            id="lostChildAndNoParentIdInSharedSpan",
        ),
        pytest.param(
            [
                side("1", CLIENT, "web", error=True),
                side("2", SERVER, "app", under="1"),
            ],
            {"web>app": "1/1"},
            id="singleHostSpansResultInASingleErrorCount",
        ),
        pytest.param(
            [
                side("1", CLIENT, "web", error=True),
                side("1", SERVER, "app", shared=True),
            ],
            {"web>app": "1"},
            id="an error only at the client of a shared id is not seen",
        ),
        pytest.param(
            [
                side("1", CLIENT, "web", error=True),
                side("1", SERVER, "app", shared=True, error=True),
            ],
            {"web>app": "1/1"},
            id="singleHostSpansResultInASingleErrorCount_sameId",
        ),
        pytest.param(
            [side("1", CLIENT, "web", "db"), side("2", None, "web", under="1")],
            {},
            id="a client with local work below it links nothing",
        ),
        pytest.param(
            [
                side("1", PRODUCER, "p", "kafka"),
                side("2", CONSUMER, "c", "kafka", under="1"),
            ],
            {"p>kafka": "1", "kafka>c": "1"},
            id="messagingWithBroker_both_sides_same",
        ),
        pytest.param(
            [
                side("1", PRODUCER, "p", "kafka1"),
                side("2", CONSUMER, "c", "kafka2", under="1"),
            ],
            {"p>kafka1": "1", "kafka2>c": "1"},
            id="messagingWithBroker_different",
        ),
        pytest.param(
            [side("1", PRODUCER, "p"), side("2", CONSUMER, "c", under="1")],
            {},
            id="messagingWithoutBroker_noLinks",
        ),
        pytest.param(
            [side("1", PRODUCER, "p", "kafka"), side("2", CONSUMER, "c", under="1")],
            {"p>kafka": "1"},
            id="messagingSpansDontLinkWithoutBroker_consumer",
        ),
        pytest.param(
            [side("1", PRODUCER, "p"), side("2", CONSUMER, "c", "kafka", under="1")],
            {"kafka>c": "1"},
            id="messagingSpansDontLinkWithoutBroker_producer",
        ),
        pytest.param(
            [side("1", PRODUCER, "p"), side("2", SERVER, "s", under="1")],
            {"p>s": "1"},
            id="producerLinksToServer_childSpan",
        ),
        pytest.param(
            [side("1", PRODUCER, "p", "kafka"), side("1", SERVER, "s", shared=True)],
            {"p>kafka": "1", "p>s": "1"},
            id="producerLinksToServer_sameSpan",
        ),
        pytest.param(
            [side("1", CLIENT, "c"), side("2", CONSUMER, "d", under="1")],
            {},
            id="clientDoesntLinkToConsumer_child",
        ),
        pytest.param([side("1", SERVER, "s")], {}, id="a server alone"),
        pytest.param([side("1", SERVER, "s", "x")], {"x>s": "1"}, id="a server alone with a peer"),
        pytest.param([side("1", CLIENT, "a", "a")], {"a>a": "1"}, id="linksLoopbackSpans, client"),
        pytest.param([side("1", SERVER, "a", "a")], {"a>a": "1"}, id="linksLoopbackSpans, server"),
        pytest.param(
            [
                side("1", None, "x", "web"),
                side("2", None, "web", "app", under="1"),
                side("3", None, "app", "db", under="2"),
            ],
            {"x>web": "1", "web>app": "1", "app>db": "1"},
            id="noSpanKindTreatedSameAsClient",
        ),
        pytest.param(
            [side("1", None, "x", "web"), side("2", None, "web", "app", under="1", error=True)],
            {"x>web": "1", "web>app": "1/1"},
            id="noSpanKindWithError",
        ),
        pytest.param(
            [side("1", SERVER, "web"), side("2", CLIENT, "app", under="1")],
            {"web>app": "1"},
            id="missingSpan",
        ),
        pytest.param(
            [
                side("1", SERVER, "server", "client"),
                side("2", None, "server", under="1"),
                side("3", CLIENT, "server", under="2", error=True),
                side("4", CLIENT, "server", under="2", error=True),
            ],
            {"client>server": "1"},
            id="clients that know no server",
        ),
        pytest.param(
            [
                side("1", SERVER, "foo"),
                side("2", None, "foo", under="1"),
                side("3", CLIENT, "bar", "baz", under="2", error=True),
                side("4", CLIENT, "bar", "baz", under="2"),
            ],
            {"foo>bar": "2", "bar>baz": "2/1"},
            id="a missing intermediate, twice",
        ),
        pytest.param(
            [side("1", SERVER, "s1", under="f"), side("2", SERVER, "s2", under="f")],
            {},
            id="doesntLinkUnrelatedSpansWhenMissingRootSpan",
        ),
        pytest.param(
            [side("b", SERVER, "s1", under="f"), side("c", SERVER, "s2", under="b")],
            {"s1>s2": "1"},
            id="linksRelatedSpansWhenMissingRootSpan",
        ),
        pytest.param(
            [
                side("1", SERVER, "client"),
                side("2", CLIENT, None, "server", under="1"),
                side("3", CLIENT, None, "server", under="1"),
            ],
            {"client>server": "2"},
            id="intermediatedClientSpansMissingLocalServiceNameLinkToNearestServer",
        ),
        pytest.param(
            [
                side("1", CLIENT, "client", "server"),
                side("2", SERVER, "server", under="1"),
                side("3", SERVER, "server", under="1", error=True),
            ],
            {"client>server": "2/1"},
            id="singleHostSpans_multipleChildren",
        ),
        pytest.param(
            [
                side("1", CLIENT, "client", "another name"),
                side("2", SERVER, "server", under="1"),
                side("3", SERVER, "server", under="1"),
            ],
            {"client>server": "2"},
            id="singleHostSpans_multipleChildren_defersNameToServer",
        ),
        pytest.param(
            [side("1", SERVER, "web"), side("2", SERVER, "b", "x")],
            {"web>b": "1"},
            id="a second root hangs under the first",
        ),
        pytest.param(
            [
                side("1", None, "web", "cache"),
                side("2", SERVER, "cache", "web", under="1"),
            ],
            {"web>cache": "2"},
            id="a local span that names both sides counts beside its server",
        ),
        pytest.param(
            [side("1", None, "web", "cache"), side("2", SERVER, "cache", under="1")],
            {"web>cache": "1"},
            id="the same without the server's word",
        ),
        pytest.param(
            [side("1", CLIENT, "web", None)],
            {},
            id="cannotLinkSingleSpanWithoutBothServiceNames",
        ),
        pytest.param(
            [side("1", SERVER, "web"), side("2", CLIENT, "web", "db", under="1", error=True)],
            {"web>db": "1/1"},
            id="errorsOnUninstrumentedLinks",
        ),
        pytest.param(
            [
                changed(
                    side("1", CLIENT, "web", "db"),
                    annotations=(Annotation(timestamp=Micros(1), value="error"),),
                )
            ],
            {"web>db": "1"},
            id="annotationNamedErrorDoesntIncrementErrorCount",
        ),
    ],
)
def test_links(spans: list[Span], expected: dict[str, str]) -> None:
    assert links(spans) == expected
    shuffled = list(spans)
    random.Random(3).shuffle(shuffled)
    assert links(shuffled) == expected


def test_traceIdIsOpaque() -> None:
    assert (
        links(trace("1"))
        == links(trace("f" * 32))
        == {"frontend>backend": "1", "backend>db": "1/1"}
    )


def test_calls_of_many_traces_add_up() -> None:
    assert links(trace("1"), trace("2"), []) == {"frontend>backend": "2", "backend>db": "2/2"}


def test_links_are_sorted_and_count_errors() -> None:
    assert link([[side("1", CLIENT, "a", "b")], [side("1", CLIENT, "a", "a", error=True)]]) == [
        DependencyLink(parent="a", child="a", call_count=1, error_count=1),
        DependencyLink(parent="a", child="b", call_count=1),
    ]


def test_alike_traces_count_each_with_its_durations() -> None:
    one = side("1", CLIENT, "a", "b")
    traces = [[changed(one, duration=Micros(2**step))] for step in range(10)]
    alike = Alike(
        [changed(one, duration=Micros(1))],
        np.array([[2**step] for step in range(10)], np.uint64),
    )
    assert dependencies.links(count([alike])) == link(traces)


def test_latencies_are_those_of_the_spans_that_tell() -> None:
    calls = [[changed(side("1", CLIENT, "a", "b"), duration=Micros(i))] for i in range(1, 1001)]
    (found,) = link([*calls, [side("1", CLIENT, "a", "b")]])
    assert found.call_count == 1001
    assert found.latency is not None
    assert found.latency.max == 1000
    for read, true in ((found.latency.p50, 500), (found.latency.p95, 950)):
        assert abs(read - true) <= 0.1 * true


def test_one_call_is_its_own_percentile_and_none_has_no_latency() -> None:
    (found,) = link([[changed(side("1", CLIENT, "a", "b"), duration=Micros(1))]])
    assert found.latency == Latency(p50=Micros(1), p95=Micros(1), p99=Micros(1), max=Micros(1))
    (found,) = link([[side("1", CLIENT, "a", "b")]])
    assert found.latency is None


def test_a_deep_trace_takes_no_longer_than_a_wide_one() -> None:
    chain = [span("1", "1", kind=SERVER, local_endpoint=named("a"))] + [
        side(f"{i:x}", None, "a", "b", under=f"{i - 1:x}") for i in range(2, 30_000)
    ]
    assert links(chain) == {"a>b": str(len(chain) - 1)}


SERVICES = st.sampled_from([None, "a", "b", "c"])
IDS = st.sampled_from("12345678")
SIDES = st.builds(
    side,
    IDS,
    st.sampled_from([None, *Kind]),
    SERVICES,
    SERVICES,
    under=st.none() | IDS,
    shared=st.booleans(),
    error=st.booleans(),
)


@given(st.lists(SIDES, max_size=10))
def test_no_trace_links_an_unknown_service_or_fails_more_often_than_it_calls(
    spans: list[Span],
) -> None:
    for found in link([spans]):
        assert {found.parent, found.child} <= {"a", "b", "c"}
        assert 0 <= found.error_count <= found.call_count


@given(st.lists(SIDES, max_size=10))
def test_reports_given_twice_link_once(spans: list[Span]) -> None:
    assert links([*spans, *spans]) == links(spans)


def test_the_brokers_and_databases_of_the_cast() -> None:
    consumer = changed(side("1", CONSUMER, "c"), remote_endpoint=KAFKA)
    query = changed(side("2", CLIENT, "c", under="1"), remote_endpoint=DB)
    assert links([consumer, query]) == {"kafka>c": "1", "c>db": "1"}

"""The tree and the links of any trace against Zipkin's rules, followed step by step."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cast import at, span
from tests.trace import reference

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace import tree
from clew.trace.dependencies import link

FEW_IDS = st.sampled_from("1234")
ENDPOINTS = st.none() | st.builds(
    Endpoint,
    service_name=st.sampled_from(["a", "b", "c"]),
    ipv4=st.sampled_from([None, "10.0.0.1", "10.0.0.2"]),
    port=st.sampled_from([None, 80]),
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """One report of a trace in which ids are few, so that all that can go together does."""
    own, above = draw(FEW_IDS), draw(st.none() | FEW_IDS)
    return span(
        draw(st.sampled_from(["1", "a" * 31 + "1"])),
        own,
        parent_id=None if above == own else above,
        kind=draw(st.sampled_from([None, *Kind])),
        name=draw(st.sampled_from([None, "get", "post"])),
        timestamp=draw(st.none() | st.integers(1, 4).map(at)),
        duration=draw(st.none() | st.integers(1, 4).map(Micros)),
        local_endpoint=draw(ENDPOINTS),
        remote_endpoint=draw(ENDPOINTS),
        annotations=draw(st.sampled_from([(), (Annotation(timestamp=at(1), value="x"),)])),
        tags=draw(st.sampled_from([{}, {"error": ""}, {"error": "1"}, {"lc": "d"}])),
        debug=draw(st.booleans()),
        shared=draw(st.booleans()),
    )


@st.composite
def calls(draw: st.DrawFn) -> list[Span]:
    """A trace in which most is there: each span below one before it, reported by one service."""
    services = draw(st.lists(st.sampled_from("abc"), min_size=2, max_size=7))
    return [
        span(
            "1",
            f"{number}",
            parent_id=f"{draw(st.integers(1, number - 1))}" if number > 1 else None,
            kind=draw(st.sampled_from([Kind.CLIENT, Kind.SERVER, *Kind, None])),
            local_endpoint=draw(st.sampled_from([Endpoint(service_name=service), None])),
            remote_endpoint=draw(st.none() | st.just(Endpoint(service_name="d"))),
            tags=draw(st.sampled_from([{}, {"error": ""}])),
        )
        for number, service in enumerate(services, start=1)
    ]


TRACES = st.lists(spans(), max_size=10) | calls()


@settings(max_examples=300)
@given(TRACES)
def test_reports_are_put_together_as_by_the_rules(trace: list[Span]) -> None:
    assert tree.merge(trace) == [Span(**fields) for fields in reference.merged(trace)]


@settings(max_examples=300)
@given(TRACES)
def test_spans_hang_in_the_tree_as_by_the_rules(trace: list[Span]) -> None:
    ours = [(found, node.parent and node.parent.span) for node, found in tree.build(trace).walk()]
    theirs = [
        (_span(node), node.parent and _span(node.parent))
        for node in reference.breadth_first(reference.tree(trace))
    ]
    assert ours == theirs


@settings(max_examples=600)
@given(TRACES)
def test_links_are_counted_as_by_the_rules(trace: list[Span]) -> None:
    ours = {
        (found.parent, found.child): (found.call_count, found.error_count)
        for found in link([trace])
    }
    assert ours == reference.links(trace)


def _span(node: reference.Node) -> Span | None:
    return None if node.span is None else Span(**node.span)

"""Merging the reports of a trace, and its tree."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import BACKEND, FRONTEND, by_id, span, trace

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace.tree import Node, build, merge

CLIENT, SERVER = Kind.CLIENT, Kind.SERVER
NAMELESS = Endpoint(ipv4="127.0.0.1")


@pytest.mark.parametrize(
    ("reported", "merged"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [span("a", "1"), span("f" * 32, "2")],
            [span("f" * 32, "1"), span("f" * 32, "2")],
            id="the longest trace id",
        ),
        pytest.param([span(), span()], [span()], id="the same twice"),
        pytest.param(
            [
                span(duration=5, tags={"a": "1", "b": "2"}),
                span(name="get", timestamp=3, tags={"a": "9"}),
            ],
            [span(name="get", timestamp=3, duration=5, tags={"a": "9", "b": "2"})],
            id="parts of one report",
        ),
        pytest.param(
            [
                span(annotations=(Annotation(timestamp=Micros(2), value="b"),)),
                span(annotations=(Annotation(timestamp=Micros(1), value="a"),), debug=True),
            ],
            [
                span(
                    annotations=(
                        Annotation(timestamp=Micros(1), value="a"),
                        Annotation(timestamp=Micros(2), value="b"),
                    ),
                    debug=True,
                )
            ],
            id="annotations of both",
        ),
        pytest.param(
            [span(local_endpoint=NAMELESS), span(local_endpoint=FRONTEND)],
            [span(local_endpoint=FRONTEND)],
            id="endpoints that agree",
        ),
        pytest.param(
            [span(kind=SERVER, local_endpoint=BACKEND), span(kind=CLIENT, local_endpoint=FRONTEND)],
            [
                span(kind=CLIENT, local_endpoint=FRONTEND),
                span(kind=SERVER, local_endpoint=BACKEND, shared=True),
            ],
            id="a server that forgot to say that it shares",
        ),
        pytest.param(
            [
                span("1", "2", parent_id="1", kind=CLIENT, local_endpoint=FRONTEND),
                span("1", "2", kind=SERVER, local_endpoint=BACKEND, shared=True),
            ],
            [
                span("1", "2", parent_id="1", kind=CLIENT, local_endpoint=FRONTEND),
                span("1", "2", parent_id="1", kind=SERVER, local_endpoint=BACKEND, shared=True),
            ],
            id="a server that was not told its parent",
        ),
        pytest.param(
            [
                span("1", "2", kind=SERVER, local_endpoint=BACKEND, shared=True),
                span("1", "2", kind=SERVER, local_endpoint=FRONTEND, shared=True),
            ],
            [
                span("1", "2", kind=SERVER, local_endpoint=BACKEND, shared=True),
                span("1", "2", kind=SERVER, local_endpoint=FRONTEND, shared=True),
            ],
            id="two servers that answer one call",
        ),
    ],
)
def test_merge(reported: list[Span], merged: list[Span]) -> None:
    assert merge(reported) == merged


def drawn(node: Node) -> object:
    """A tree as nested lists of ids; a shared span is marked by +."""
    own = "-" if node.span is None else node.span.id.lstrip("0") + "+" * node.span.shared
    return [own, *map(drawn, node.children)] if node.children else own


@pytest.mark.parametrize(
    ("spans", "tree"),
    [
        pytest.param([span()], "1", id="one"),
        pytest.param(trace(), ["1", ["2", ["2+", "3"]]], id="the standard trace"),
        pytest.param(trace()[1:], ["-", ["2", ["2+", "3"]]], id="without its root"),
        pytest.param(
            [span("1", "1"), span("1", "3", parent_id="2")], ["1", "3"], id="a lost parent"
        ),
        pytest.param([span("1", "1"), span("1", "2")], ["1", "2"], id="two roots"),
        pytest.param(
            [
                span("1", "1"),
                span("1", "2", parent_id="1", timestamp=9),
                span("1", "3", parent_id="1"),
                span("1", "4", parent_id="1", timestamp=5),
            ],
            ["1", "3", "4", "2"],
            id="children by start, undated first",
        ),
        pytest.param(
            [span("1", "2", kind=SERVER, shared=True), span("1", "3", parent_id="2")],
            ["-", ["2+", "3"]],
            id="a shared span whose client is lost",
        ),
        pytest.param(
            [
                span("1", "2", kind=CLIENT, local_endpoint=FRONTEND),
                span("1", "2", kind=SERVER, local_endpoint=BACKEND, shared=True),
                span("1", "3", parent_id="2", local_endpoint=FRONTEND),
                span("1", "4", parent_id="2", local_endpoint=BACKEND),
                span("1", "5", parent_id="2"),
            ],
            ["2", ["2+", "4", "5"], "3"],
            id="under the side that recorded it",
        ),
        pytest.param(
            [span("1", "1"), span("1", "2", parent_id="3"), span("1", "3", parent_id="2")],
            "1",
            id="spans that are each other's ancestors",
        ),
    ],
)
def test_tree(spans: list[Span], tree: object) -> None:
    assert drawn(build(spans)) == tree
    shuffled = list(spans)
    random.Random(7).shuffle(shuffled)
    assert drawn(build(shuffled)) == tree


def test_walk_goes_by_distance_and_passes_over_an_empty_root() -> None:
    walked = [found.id.lstrip("0") for _, found in build(trace()[1:]).walk()]
    assert walked == ["2", "2", "3"]


IDS = st.sampled_from([f"{i:016x}" for i in range(1, 9)])
SPANS = st.builds(
    span,
    st.just("1"),
    IDS,
    parent_id=st.none() | IDS,
    kind=st.sampled_from([None, CLIENT, SERVER]),
    timestamp=st.none() | st.integers(1, 5),
    shared=st.booleans(),
    local_endpoint=st.sampled_from([None, FRONTEND, BACKEND, NAMELESS]),
)


@given(st.lists(SPANS, max_size=12))
def test_merging_keeps_every_id_and_service(spans: list[Span]) -> None:
    once = merge(spans)
    # it need not be the same when merged again: Zipkin compares neighbours only
    assert {(s.id, s.service) for s in once if s.service} == {
        (s.id, s.service) for s in spans if s.service
    }
    assert {s.id for s in once} == {s.id for s in spans}
    assert len(once) <= len(spans)


@given(st.lists(SPANS, max_size=12))
def test_every_span_hangs_in_the_tree_once_unless_its_ancestors_form_a_ring(
    spans: list[Span],
) -> None:
    reached = [found for _, found in build(spans).walk()]
    merged = merge(spans)
    assert len(reached) == len({id(found) for found in reached})
    assert all(found in merged for found in reached)
    if all(found.parent_id is None or found.parent_id < found.id for found in merged):
        assert by_id(reached) == by_id(merged)


def test_a_deep_trace_needs_no_deep_stack() -> None:
    chain = [span("1", "1")] + [
        span("1", f"{i:x}", parent_id=f"{i - 1:x}") for i in range(2, 20_000)
    ]
    assert sum(1 for _ in build(chain).walk()) == len(chain)

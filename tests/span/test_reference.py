"""The rules of the model against themselves, followed step by step."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.span import reference

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import InvalidSpan, new_span, normal
from clew.span.v1 import BinaryAnnotation, V1Annotation, V1Span
from clew.span.v1_to_v2 import to_v2

HOSTS = st.builds(
    Endpoint,
    service_name=st.sampled_from([None, "a", "b"]),
    ipv4=st.sampled_from([None, "10.0.0.1"]),
    port=st.sampled_from([80, 81]),
)
MOMENTS = st.integers(1, 6)
MARKS = st.builds(
    V1Annotation,
    MOMENTS,
    st.sampled_from([*reference.CORE, "cs", "cr", "sr", "ss", "retry"]),
    st.none() | HOSTS | HOSTS,
)
TAGS = st.builds(
    BinaryAnnotation,
    st.sampled_from(["ca", "sa", "ma", "lc", "http.path"]),
    st.sampled_from(["", "x"]),
    st.none() | HOSTS,
)
V1_SPANS = st.builds(
    V1Span,
    trace_id=st.just(1),
    id=st.just(2),
    parent_id=st.sampled_from([0, 1]),
    name=st.sampled_from([None, "get"]),
    timestamp=st.just(0) | MOMENTS,
    duration=st.just(0) | MOMENTS,
    annotations=st.lists(MARKS, max_size=5),
    binary_annotations=st.lists(TAGS, max_size=3),
    debug=st.booleans(),
)


@settings(max_examples=500)
@given(V1_SPANS)
def test_v1_becomes_v2_as_by_the_rules(v1: V1Span) -> None:
    assert to_v2(v1) == [
        new_span(
            trace_id="1",
            id="2",
            parent_id=f"{v1.parent_id:x}",
            kind=side["kind"],
            name=v1.name,
            timestamp=side["timestamp"],
            duration=side["duration"],
            local_endpoint=side["local"],
            remote_endpoint=side["remote"],
            annotations=[
                Annotation(timestamp=Micros(timestamp), value=value)
                for timestamp, value in side["annotations"]
            ],
            tags=side["tags"],
            debug=v1.debug,
            shared=side["shared"],
        )
        for side in reference.to_v2(v1)
    ]


ADDRESSES = (
    st.none()
    | st.ip_addresses().map(str).filter(lambda text: "." not in text or ":" not in text)
    | st.sampled_from(["", "x", "1.2.3", "1.2.3.4.5", "fe80::1%eth0"])
)
IDS = st.text("0123456789abcdef", min_size=1, max_size=16) | st.sampled_from(["", "X", "0" * 16])
SPANS = st.builds(
    Span,
    trace_id=st.builds("{}{}".format, IDS, IDS) | st.text("0a", max_size=33),
    id=IDS,
    parent_id=st.none() | IDS,
    kind=st.none() | st.sampled_from(Kind),
    name=st.none() | st.text(max_size=4),
    timestamp=st.none() | st.integers(-1, 3),
    duration=st.none() | st.integers(-1, 3),
    local_endpoint=st.none()
    | st.builds(
        Endpoint,
        service_name=st.none() | st.text(max_size=4),
        ipv4=ADDRESSES,
        ipv6=ADDRESSES,
        port=st.none() | st.sampled_from([-1, 0, 1, 65_535, 65_536]),
    ),
    annotations=st.lists(
        st.builds(Annotation, timestamp=st.integers(-1, 3), value=st.sampled_from("ab"))
    ).map(tuple),
    tags=st.dictionaries(st.text(max_size=2), st.text(max_size=2)),
    debug=st.booleans(),
    shared=st.booleans(),
)


@settings(max_examples=500)
@given(SPANS)
def test_spans_are_made_normal_as_by_the_rules(span: Span) -> None:
    try:
        ours = normal(span)
    except InvalidSpan:
        ours = None
    assert ours == reference.normal(span)

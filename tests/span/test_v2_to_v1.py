from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from tests import strategies

from clew.span.model import Endpoint, Kind, Micros, Span
from clew.span.v1 import V1Span
from clew.span.v1_to_v2 import to_v2
from clew.span.v2_to_v1 import to_v1

WEB, APP = Endpoint(service_name="web"), Endpoint(service_name="app")


def written(kind: Kind | None, duration: int | None = 4, shared: bool = False) -> V1Span:
    return to_v1(
        Span(
            trace_id="0000000000000001",
            id="0000000000000002",
            kind=kind,
            timestamp=Micros(1),
            duration=Micros(duration) if duration else None,
            local_endpoint=WEB,
            remote_endpoint=APP,
            shared=shared,
        )
    )


@pytest.mark.parametrize(
    ("kind", "duration", "expected"),
    [
        (Kind.CLIENT, 4, "1 cs, 5 cr, sa"),
        (Kind.SERVER, 4, "1 sr, 5 ss, ca"),
        (Kind.PRODUCER, 4, "1 ms, 5 ws, ma"),
        (Kind.CONSUMER, 4, "1 wr, 5 mr, ma"),
        (Kind.CLIENT, None, "1 cs, sa"),
        (Kind.CONSUMER, None, "1 mr, ma"),
        (None, 4, "lc, sa"),
    ],
)
def test_each_kind_in_v1s_words(kind: Kind | None, duration: int | None, expected: str) -> None:
    span = written(kind, duration)
    told = [f"{item.timestamp} {item.value}" for item in span.annotations]
    assert ", ".join([*told, *(item.key for item in span.binary_annotations)]) == expected


def test_a_shared_span_leaves_the_time_to_its_owner() -> None:
    assert (written(Kind.SERVER).timestamp, written(Kind.SERVER).duration) == (1, 4)
    shared = written(Kind.SERVER, shared=True)
    assert (shared.timestamp, shared.duration) == (0, 0)


@settings(max_examples=100)
@given(strategies.spans())
def test_a_span_of_one_side_comes_back(span: Span) -> None:
    # what v1 cannot say: who recorded nothing, and that a span without a time is shared or ended
    local = span.local_endpoint if span.tags or span.annotations or not span.kind else WEB
    span = msgspec.structs.replace(
        span,
        kind=span.kind or Kind.CLIENT,
        timestamp=Micros(1_700_000_000_000_000),
        duration=Micros(min(span.duration or 1, 10**15)),
        local_endpoint=local if local and local.service_name else WEB,
        remote_endpoint=APP,
        shared=False,
        tags={
            key: value for key, value in span.tags.items() if key not in ("ca", "sa", "ma", "lc")
        },
        annotations=tuple(a for a in span.annotations if len(a.value) != 2),
        trace_id=span.trace_id if int(span.trace_id[-16:], 16) else f"{1:016x}",
    )
    assert span.kind
    service = span.local_endpoint.service_name if span.local_endpoint else None
    if service == "app":
        span = msgspec.structs.replace(span, local_endpoint=WEB)
    if span.parent_id == span.id:
        span = msgspec.structs.replace(span, parent_id=None)
    assert to_v2(to_v1(span)) == [span]

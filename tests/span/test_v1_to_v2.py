"""One v1 span as the sides that it tells about: the rules of zipkin2.v1.V1SpanConverter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.span.normal import InvalidSpan
from clew.span.v1 import BinaryAnnotation, V1Annotation, V1Span
from clew.span.v1_to_v2 import to_v2

WEB = Endpoint(service_name="web", ipv4="10.0.0.1", port=80)
WEB_ELSEWHERE = Endpoint(service_name="web", ipv4="10.0.0.9")
APP = Endpoint(service_name="app", ipv4="10.0.0.2", port=8080)
DB = Endpoint(service_name="db")
NAMELESS = Endpoint(ipv4="10.0.0.3", port=1)


def at(timestamp: int, value: str, endpoint: Endpoint | None = None) -> V1Annotation:
    return V1Annotation(timestamp, value, endpoint)


def tag(key: str, value: str, endpoint: Endpoint | None = None) -> BinaryAnnotation:
    return BinaryAnnotation(key, value, endpoint)


def address(key: str, endpoint: Endpoint, value: str = "") -> BinaryAnnotation:
    return BinaryAnnotation(key, value, endpoint)


def side(kind: Kind | None = None, **fields: Any) -> Span:
    return Span(trace_id="0000000000000001", id="0000000000000002", kind=kind, **fields)


def notes(*pairs: tuple[int, str]) -> tuple[Annotation, ...]:
    return tuple(Annotation(timestamp=Micros(time), value=value) for time, value in pairs)


def translated(
    annotations: Sequence[V1Annotation] = (),
    tags: Sequence[BinaryAnnotation] = (),
    timestamp: int = 0,
    duration: int = 0,
) -> list[Span]:
    return to_v2(
        V1Span(
            trace_id=1,
            id=2,
            timestamp=timestamp,
            duration=duration,
            annotations=annotations,
            binary_annotations=tags,
        )
    )


CLIENT, SERVER, PRODUCER, CONSUMER = Kind


@pytest.mark.parametrize(
    ("annotations", "tags", "times", "expected"),
    [
        pytest.param([], [], (0, 0), [side()], id="ids alone are a span"),
        pytest.param(
            [],
            [],
            (5, 7),
            [side(timestamp=5, duration=7)],
            id="local work has the time of the v1 span",
        ),
        # 1: core annotations
        pytest.param(
            [at(1, "cs"), at(5, "cr")],
            [],
            (0, 0),
            [side(annotations=notes((1, "cs"), (5, "cr")))],
            id="1 without an endpoint they are ordinary",
        ),
        pytest.param(
            [at(3, "foo", WEB), at(1, "cs", WEB), at(5, "cr", WEB)],
            [],
            (0, 0),
            [
                side(
                    CLIENT,
                    timestamp=1,
                    duration=4,
                    local_endpoint=WEB,
                    annotations=notes((3, "foo")),
                )
            ],
            id="1 others stay annotations",
        ),
        # 2: whose is it
        pytest.param(
            [at(1, "cs", WEB), at(2, "sr", APP), at(3, "x"), at(4, "y", APP)],
            [],
            (0, 0),
            [
                side(CLIENT, timestamp=1, local_endpoint=WEB, annotations=notes((3, "x"))),
                side(
                    SERVER,
                    timestamp=2,
                    local_endpoint=APP,
                    annotations=notes((4, "y")),
                    shared=True,
                ),
            ],
            id="2 no endpoint: the first span, else the one of the service",
        ),
        pytest.param(
            [at(1, "sr", WEB), at(2, "x", WEB_ELSEWHERE), at(5, "ss", WEB)],
            [],
            (1, 4),
            [
                side(
                    SERVER,
                    timestamp=1,
                    duration=4,
                    local_endpoint=WEB,
                    annotations=notes((2, "x")),
                )
            ],
            id="2 addresses do not count",
        ),
        pytest.param(
            [at(1, "x", WEB), at(2, "y", DB)],
            [],
            (0, 0),
            [
                side(local_endpoint=WEB, annotations=notes((1, "x"))),
                side(local_endpoint=DB, annotations=notes((2, "y"))),
            ],
            id="2 another service is another span",
        ),
        # 3: begins that are not told
        pytest.param(
            [at(15, "cr", WEB)],
            [],
            (10, 5),
            [side(CLIENT, timestamp=10, duration=5, local_endpoint=WEB)],
            id="3 cs from cr and the time of the span",
        ),
        pytest.param(
            [at(15, "ss", APP)],
            [],
            (10, 5),
            [side(SERVER, timestamp=10, duration=5, local_endpoint=APP)],
            id="3 sr from ss and the time of the span",
        ),
        pytest.param(
            [at(16, "cr", WEB)],
            [],
            (10, 5),
            [
                side(
                    CLIENT,
                    timestamp=10,
                    duration=5,
                    local_endpoint=WEB,
                    annotations=notes((16, "cr")),
                )
            ],
            id="3 not when they disagree",
        ),
        # 4: both sides
        pytest.param(
            [at(100, "cs", WEB), at(120, "sr", APP), at(180, "ss", APP), at(200, "cr", WEB)],
            [tag("http.path", "/a", WEB), address("sa", APP)],
            (0, 0),
            [
                side(
                    CLIENT,
                    timestamp=100,
                    duration=100,
                    local_endpoint=WEB,
                    remote_endpoint=APP,
                    tags={"http.path": "/a"},
                ),
                side(SERVER, timestamp=120, duration=60, local_endpoint=APP, shared=True),
            ],
            id="4 two spans, the client's of cs and cr",
        ),
        pytest.param(
            [at(100, "cs", WEB), at(120, "sr", APP), at(180, "ss", APP), at(200, "cr", WEB)],
            [],
            (90, 120),
            [
                side(CLIENT, timestamp=90, duration=120, local_endpoint=WEB),
                side(SERVER, timestamp=120, duration=60, local_endpoint=APP, shared=True),
            ],
            id="4 the time of the v1 span is the client's",
        ),
        pytest.param(
            [at(100, "cs", WEB), at(120, "sr", WEB), at(180, "ss", WEB), at(200, "cr", WEB)],
            [],
            (0, 0),
            [
                side(CLIENT, timestamp=100, duration=100, local_endpoint=WEB),
                side(SERVER, timestamp=120, duration=60, local_endpoint=WEB, shared=True),
            ],
            id="4 a service that calls itself",
        ),
        pytest.param(
            [at(100, "cs", WEB), at(120, "sr", APP)],
            [],
            (0, 0),
            [
                side(CLIENT, timestamp=100, local_endpoint=WEB),
                side(SERVER, timestamp=120, local_endpoint=APP, shared=True),
            ],
            id="4 a one-way call has no duration",
        ),
        # 5: one side
        pytest.param(
            [at(1, "cs", WEB), at(5, "cr", WEB)],
            [],
            (2, 9),
            [side(CLIENT, timestamp=2, duration=9, local_endpoint=WEB)],
            id="5 the time of the v1 span wins",
        ),
        pytest.param(
            [at(1, "sr", APP), at(5, "ss", APP)],
            [],
            (1, 4),
            [side(SERVER, timestamp=1, duration=4, local_endpoint=APP)],
            id="5 a server that owns its span",
        ),
        # 6: half of one side
        pytest.param(
            [at(1, "cs", WEB)],
            [],
            (0, 0),
            [side(CLIENT, timestamp=1, local_endpoint=WEB)],
            id="6 a client that was not answered",
        ),
        pytest.param(
            [at(5, "cr", WEB)],
            [],
            (0, 0),
            [side(CLIENT, local_endpoint=WEB, annotations=notes((5, "cr")))],
            id="6 a lone cr stays an annotation",
        ),
        pytest.param(
            [at(5, "ss", APP)],
            [],
            (0, 0),
            [side(SERVER, local_endpoint=APP, annotations=notes((5, "ss")))],
            id="6 a lone ss stays an annotation",
        ),
        pytest.param(
            [at(1, "cs", WEB)],
            [],
            (2, 7),
            [side(CLIENT, timestamp=2, duration=7, local_endpoint=WEB)],
            id="6 then the v1 span's time is the first span's",
        ),
        # 7: who owns it
        pytest.param(
            [at(1, "sr", APP), at(5, "ss", APP)],
            [],
            (0, 0),
            [side(SERVER, timestamp=1, duration=4, local_endpoint=APP, shared=True)],
            id="7 no v1 timestamp: the client owns the span",
        ),
        pytest.param(
            [at(1, "sr", APP), at(5, "ss", APP)],
            [],
            (1, 0),
            [side(SERVER, timestamp=1, duration=4, local_endpoint=APP, shared=True)],
            id="7 no v1 duration though it ended: the same",
        ),
        pytest.param(
            [at(1, "sr", APP)],
            [],
            (1, 0),
            [side(SERVER, timestamp=1, local_endpoint=APP)],
            id="7 not ended: it may be its own",
        ),
        # 8: messages
        pytest.param(
            [at(1, "ms", WEB), at(3, "ws", WEB), at(5, "wr", APP), at(9, "mr", APP)],
            [address("ma", DB)],
            (0, 0),
            [
                side(PRODUCER, timestamp=1, duration=2, local_endpoint=WEB, remote_endpoint=DB),
                side(
                    CONSUMER,
                    timestamp=5,
                    duration=4,
                    local_endpoint=APP,
                    remote_endpoint=DB,
                    shared=True,
                ),
            ],
            id="8 both sides of a message",
        ),
        pytest.param(
            [at(1, "ms", WEB), at(9, "mr", WEB)],
            [],
            (0, 0),
            [
                side(PRODUCER, timestamp=1, local_endpoint=WEB),
                side(CONSUMER, timestamp=9, local_endpoint=WEB, shared=True),
            ],
            id="8 a message to itself, without wire marks",
        ),
        pytest.param(
            [at(1, "ms", WEB), at(3, "ws", WEB)],
            [],
            (0, 0),
            [side(PRODUCER, timestamp=1, duration=2, local_endpoint=WEB)],
            id="8 a producer",
        ),
        pytest.param(
            [at(5, "wr", APP), at(9, "mr", APP)],
            [],
            (0, 0),
            [side(CONSUMER, timestamp=5, duration=4, local_endpoint=APP)],
            id="8 a consumer",
        ),
        pytest.param(
            [at(9, "mr", APP)],
            [],
            (0, 0),
            [side(CONSUMER, timestamp=9, local_endpoint=APP)],
            id="8 a consumer without a wire mark",
        ),
        pytest.param(
            [at(3, "ws", WEB), at(5, "wr", WEB)],
            [],
            (0, 0),
            [side(local_endpoint=WEB, annotations=notes((3, "ws"), (5, "wr")))],
            id="8 wire marks alone are ordinary",
        ),
        # 9: binary annotations
        pytest.param(
            [at(1, "cs", WEB), at(2, "sr", APP)],
            [tag("a", "1", WEB), tag("b", "2", APP), tag("c", "3")],
            (0, 0),
            [
                side(CLIENT, timestamp=1, local_endpoint=WEB, tags={"a": "1", "c": "3"}),
                side(SERVER, timestamp=2, local_endpoint=APP, tags={"b": "2"}, shared=True),
            ],
            id="9 a tag goes to the span of its service",
        ),
        pytest.param(
            [],
            [tag("lc", "", WEB)],
            (0, 0),
            [side(local_endpoint=WEB)],
            id="9 an empty lc names the service",
        ),
        pytest.param(
            [],
            [tag("lc", "batch", WEB)],
            (0, 0),
            [side(local_endpoint=WEB, tags={"lc": "batch"})],
            id="9 lc with a text is a tag too",
        ),
        pytest.param(
            [],
            [address("ca", WEB), address("sa", APP)],
            (0, 0),
            [side(local_endpoint=WEB, remote_endpoint=APP)],
            id="9 addresses alone: from ca to sa",
        ),
        pytest.param(
            [],
            [address("sa", APP)],
            (0, 0),
            [side(remote_endpoint=APP)],
            id="9 sa alone makes no kind",
        ),
        pytest.param(
            [],
            [address("ca", WEB)],
            (0, 0),
            [side(SERVER, remote_endpoint=WEB)],
            id="9 ca alone makes a server",
        ),
        pytest.param(
            [at(1, "cs", WEB)],
            [address("sa", APP, "1")],
            (0, 0),
            [side(CLIENT, timestamp=1, local_endpoint=WEB, remote_endpoint=APP)],
            id="9 sa is an address whatever its value",
        ),
        pytest.param(
            [at(5, "cr", WEB)],
            [address("sa", APP)],
            (0, 0),
            [
                side(
                    CLIENT,
                    local_endpoint=WEB,
                    remote_endpoint=APP,
                    annotations=notes((5, "cr")),
                )
            ],
            id="9 a lone cr has a server too",
        ),
        pytest.param(
            [at(1, "sr", APP)],
            [address("ca", WEB), address("sa", DB)],
            (1, 0),
            [side(SERVER, timestamp=1, local_endpoint=APP, remote_endpoint=WEB)],
            id="9 ca is the server's caller; sa without a client side is nobody's",
        ),
        pytest.param(
            [at(1, "sr", APP)],
            [address("ca", APP)],
            (1, 0),
            [side(SERVER, timestamp=1, local_endpoint=APP)],
            id="9 ca that is the server itself is nobody",
        ),
        pytest.param(
            [at(1, "sr", WEB)],
            [address("ca", WEB_ELSEWHERE)],
            (1, 0),
            [
                side(
                    SERVER,
                    timestamp=1,
                    local_endpoint=WEB,
                    remote_endpoint=Endpoint(ipv4="10.0.0.9"),
                )
            ],
            id="9 ca of the server's own name loses it: Finagle's habit",
        ),
        pytest.param(
            [at(1, "sr", Endpoint(ipv4="10.0.0.1"))],
            [address("ca", NAMELESS)],
            (1, 0),
            [
                side(
                    SERVER,
                    timestamp=1,
                    local_endpoint=Endpoint(ipv4="10.0.0.1"),
                    remote_endpoint=NAMELESS,
                )
            ],
            id="9 two without a name",
        ),
    ],
)
def test_translation(
    annotations: list[V1Annotation],
    tags: list[BinaryAnnotation],
    times: tuple[int, int],
    expected: list[Span],
) -> None:
    assert translated(annotations, tags, *times) == expected


def test_every_side_has_the_ids_the_name_and_the_debug_flag() -> None:
    spans = to_v2(
        V1Span(
            trace_id=0x463AC35C9F6413AD48485A3953BB6124,
            parent_id=7,
            id=2,
            name="GET",
            debug=True,
            annotations=[at(1, "cs", WEB), at(2, "sr", APP)],
        )
    )
    assert [(s.trace_id, s.parent_id, s.id, s.name, s.debug) for s in spans] == [
        ("463ac35c9f6413ad48485a3953bb6124", "0000000000000007", "0000000000000002", "get", True)
    ] * 2


@pytest.mark.parametrize(
    ("trace_id", "id", "message"),
    [(0, 1, "traceId == 0"), (1 << 64, 1, "traceId == 0"), (1, 0, "id == 0")],
)
def test_ids_may_not_be_zero(trace_id: int, id: int, message: str) -> None:
    with pytest.raises(InvalidSpan, match=message):
        to_v2(V1Span(trace_id=trace_id, id=id))

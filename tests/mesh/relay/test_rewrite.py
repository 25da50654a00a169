"""Rewriting the bytes of spans tells what reading, enriching and writing them tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mesh.relay.test_enrich import (
    BOTH,
    FACTS,
    ON_CLIENT,
    ON_SERVER,
    as_sent,
    client_span,
    server_span,
)
from tests.span.test_proto3 import fixed, number, span_list, text
from tests.strategies import spans

from clew.mesh.relay import rewrite
from clew.mesh.relay.enrich import ServerFacts, enrich
from clew.mesh.relay.rewrite import Rewriter
from clew.mesh.xds import tracing as sent
from clew.span.errors import MalformedSpans
from clew.span.model import Span
from clew.span.proto3 import decode_list, encode_list

ALWAYS = Rewriter(FACTS)
"""One for all examples, so that they find what others have left."""


def envoy_message(
    trace_id: bytes,
    parent_id: bytes | None,
    own_id: bytes,
    kind: int,
    name: bytes,
    duration: int,
    tags: list[tuple[str, str]],
) -> bytes:
    """A span as Envoy writes it: fields in order, tags in any order."""
    return b"".join(
        [
            text(1, trace_id),
            b"" if parent_id is None else text(2, parent_id),
            text(3, own_id),
            number(4, kind),
            text(5, name),
            fixed(6, 1795518430797360),
            number(7, duration),
            text(8, text(1, b"clew") + text(2, b"\1\2\3\4")),
            text(10, fixed(1, 1795518430798520) + text(2, b"ss")),
            *(
                text(11, text(1, key.encode()) + text(2, value.encode(errors="surrogateescape")))
                for key, value in tags
            ),
        ]
    )


TAGS = {
    **{key: [value] for key, value in (BOTH | ON_SERVER | ON_CLIENT).items()},
    "k": ["outgoing/0", "incoming/0", "gone/0"],
    "svc": ["/svc/hello", "/svc/world"],
    "id": ["/#/io.l5d.fs/hello", "/#/io.l5d.fs/world"],
    "peer": ["10.4.1.9:51422", "[2001:db8::1]:80", "/run/app.sock", ""],
    "upstream_address": ["10.4.2.3:4141", "-", ""],
    "http.protocol": ["HTTP/1.1", "HTTP/2", "-"],
    "http.status_code": ["200", "204", "404", "500", "503", "0"],
    "response_flags": ["-", "UH", "URX", "UF,URX"],
    "user_agent": ["curl/7.88.1", "-", "x" * 200],
    "dtab": ["/a=>/b"],
    "res": ["/r"],
    "rate": ["1", "0.5"],
    "err": ["No+hosts%0Aare+available"],
    "fail": ["delayed_connect_error:_111"],
    "error": ["true"],
    "error.reason": ["remote reset"],
    "canceled": ["true"],
    "retry.count": ["1", "2"],
    "grpc.status_code": ["0", "14"],
    "grpc.message": ["try later"],
    "qt": ["a/b"],
    "ql": ["17"],
}
"""What Envoy sends, and the other values that it may have."""
OURS = {"k", "rate"}
"""Tags whose values are of our own making."""
any_header = st.binary().map(lambda raw: raw.replace(b"\n", b" ").decode(errors="surrogateescape"))
tag = st.sampled_from(sorted(TAGS)).flatmap(
    lambda key: st.tuples(
        st.just(key),
        st.sampled_from(TAGS[key]) | (st.nothing() if key in OURS else any_header),
    )
)
usual = st.sets(st.sampled_from(sorted(BOTH | ON_SERVER | ON_CLIENT)), max_size=6).map(
    lambda without: {key: values[0] for key, values in TAGS.items() if key not in without}
)
tag_lists = st.builds(
    lambda some, others, send: list(send(some | dict(others)).items()),
    usual | st.just({}),
    st.lists(tag),
    st.sampled_from([as_sent, dict]),
).flatmap(st.permutations)
eight = st.binary(min_size=8, max_size=8).filter(any)
envoy_messages = st.builds(
    envoy_message,
    st.binary(min_size=16, max_size=16).filter(any) | eight,
    st.none() | eight,
    eight,
    st.sampled_from([1, 2]) | st.integers(0, 3),
    st.sampled_from([b"GET /", b"outgoing /svc/hello"])
    | st.sampled_from([b"", b"GET /" + b"A" * 300, b"\xc3\x84"]),
    st.integers(0, 2**40),
    tag_lists,
)


def told_plainly(body: bytes) -> tuple[list[Span], int]:
    read = decode_list(body)
    unknown = sum(sent.spread(span.tags).get(sent.SERVER_KEY) not in FACTS for span in read)
    return [enrich(span, FACTS) for span in read], unknown


@given(st.lists(envoy_messages, max_size=4).map(lambda messages: span_list(*messages)))
def test_what_envoy_may_send(body: bytes) -> None:
    told = ALWAYS.rewrite(body)
    assert (decode_list(told.body), told.unknown) == told_plainly(body)
    assert told.spans == len(decode_list(body))


@given(st.lists(spans(), max_size=4).map(encode_list))
def test_any_spans(body: bytes) -> None:
    told = ALWAYS.rewrite(body)
    assert (decode_list(told.body), told.unknown) == told_plainly(body)


@given(st.data())
def test_damaged_spans_are_refused_or_read(data: st.DataObject) -> None:
    body = encode_list([server_span(), client_span()])
    at = data.draw(st.integers(0, len(body) - 1))
    damaged = body[:at] + data.draw(st.binary(max_size=3)) + body[at + 1 :]
    try:
        told = ALWAYS.rewrite(damaged)
    except MalformedSpans:
        with pytest.raises(MalformedSpans):
            told_plainly(damaged)
    else:  # what is damaged may be what is left out
        decode_list(told.body)


def test_what_usually_comes_is_never_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    body = encode_list(
        [
            server_span(),
            server_span(parent_id="0c00000000000000", http__status_code="500", error="true"),
            client_span(retry__count="1"),
            client_span(without=("rt",), http__status_code="404"),
        ]
    )
    expected = told_plainly(body)[0]

    def fail(*_: object) -> Span:
        raise AssertionError("a span was read as a whole")

    monkeypatch.setattr(rewrite, "decode_list", fail)
    assert decode_list(Rewriter(FACTS).rewrite(body).body) == expected


@pytest.mark.parametrize(
    "span",
    [
        client_span(http__status_code="503", error="true", canceled="true"),
        client_span(http__status_code="503", error="true"),
        client_span(http__status_code="0", error="true", fail="delayed_connect_error:_111"),
        server_span(without=("id",), http__status_code="502", error="true", response_flags="UH"),
        server_span(k="gone/0"),
        client_span(k="gone/0"),
    ],
    ids=["tried again", "given up", "refused", "no endpoint", "unknown server", "unknown client"],
)
def test_failures_and_unknown_servers(span: Span) -> None:
    body = encode_list([span, client_span(), server_span()])
    told = ALWAYS.rewrite(body)
    assert (decode_list(told.body), told.unknown) == told_plainly(body)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "KEPT", 20_000)
    rewriter = Rewriter(FACTS)
    most = 0
    for number_ in range(300):
        body = encode_list([server_span(u=f"/{number_}", svc=f"/svc/{number_}")])
        assert decode_list(rewriter.rewrite(body).body) == told_plainly(body)[0]
        most = max(most, rewriter.kept)
    assert 10_000 < most < 25_000


def test_other_facts_make_other_spans() -> None:
    body = encode_list([server_span()])
    moved = ServerFacts("0.0.0.0/4150", "outgoing", "", ip="0.0.0.0", port=4150)
    (span,) = decode_list(Rewriter({"outgoing/0": moved}).rewrite(body).body)
    assert span.service == "0.0.0.0/4150"

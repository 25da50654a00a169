"""A span cut into its fields says what reading it does, and what is unusual is not cut."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.span.test_proto3 import fixed, number, span_list, text
from tests.strategies import spans

from clew.span.errors import MalformedSpans
from clew.span.model import Kind, Span
from clew.span.proto3 import decode_list, decode_tag, encode_list, split_list
from clew.span.proto3_cut import cut

TRACE, PARENT, OWN = text(1, bytes(range(1, 17))), text(2, b"parent-1"), text(3, b"own-id-1")
NAME = text(5, b"GET /Hello")
TIMES = fixed(6, 1795518430797360) + number(7, 980)
LOCAL = text(8, text(1, b"clew") + text(2, b"\1\2\3\4"))
END = text(10, fixed(1, 1795518430798340) + text(2, b"ss"))
TAGS = text(11, text(1, b"k") + text(2, b"in/0")) + text(11, text(1, b"u") + text(2, b"/" * 300))


def usual(
    trace: bytes = TRACE,
    parent: bytes = PARENT,
    own: bytes = OWN,
    kind: int = 2,
    name: bytes = NAME,
    times: bytes = TIMES,
    rest: bytes = LOCAL + END + TAGS,
) -> bytes:
    return trace + parent + own + number(4, kind) + name + times + rest


def test_what_envoy_sends_is_cut() -> None:
    found = cut(usual())
    assert found is not None
    assert found.trace_id == TRACE
    assert (found.parent_id, found.id) == (b"parent-1", b"own-id-1")
    assert found.is_server
    assert found.name == text(5, b"get /hello")
    assert found.times == TIMES
    assert list(map(decode_tag, found.tags)) == [("k", "in/0"), ("u", "/" * 300)]


@pytest.mark.parametrize(
    "span",
    [
        usual(parent=b""),
        usual(kind=1),
        usual(trace=text(1, b"8 bytes.")),
        usual(name=text(5, b"GET /" + b"a" * 200)),
        usual(times=fixed(6, 1)),
        usual(times=fixed(6, 1) + number(7, 2**63 - 1)),
        usual(rest=TAGS),
        usual(rest=END + END + TAGS),
    ],
    ids=[
        "a root",
        "a client",
        "a short trace id",
        "a long name",
        "no duration",
        "a very long duration",
        "nothing but tags",
        "two annotations",
    ],
)
def test_so_is(span: bytes) -> None:
    assert cut(span) is not None


@pytest.mark.parametrize(
    "span",
    [
        usual(trace=text(1, bytes(15) + b"\1")),
        usual(trace=text(1, bytes(8))),
        usual(trace=text(1, b"7 bytes")),
        usual(parent=text(2, bytes(8))),
        usual(parent=text(2, b"own-id-1")),
        usual(own=text(3, bytes(8))),
        usual(own=text(3, b"7 bytes")),
        usual(kind=3),
        usual(name=b""),
        usual(name=text(5, "Ä".encode())),
        usual(name=text(5, b"\xff")),
        usual(name=text(5, b"x" * 20_000)),
        usual(times=fixed(6, -1)),
        usual(times=fixed(6, 1) + number(7, -1)),
        usual(times=b""),
        usual(rest=LOCAL + text(9, text(1, b"remote")) + TAGS),
        usual(rest=text(8, text(1, b"x" * 200)) + TAGS),
        usual(rest=LOCAL + TAGS + number(12, 1)),
        usual(rest=LOCAL + TAGS + text(11, b"") + number(13, 1)),
        usual(rest=LOCAL + END),
        usual()[:-1],
        TRACE + OWN + number(4, 2) + b"*",
        number(4, 2) + usual(),
        b"",
    ],
    ids=[
        "a trace id of 64 bits in 128",
        "a trace id of zeros",
        "a trace id of 7 bytes",
        "a parent of zeros",
        "its own parent",
        "an id of zeros",
        "an id of 7 bytes",
        "a producer",
        "no name",
        "a name whose lower case needs Unicode",
        "a name that is not UTF-8",
        "a name with a length of three bytes",
        "a negative time",
        "a negative duration",
        "no time",
        "a remote endpoint",
        "a long local endpoint",
        "debug",
        "shared, after an empty tag",
        "no tags",
        "cut short",
        "cut short in the name",
        "another order",
        "nothing",
    ],
)
def test_what_is_unusual_is_left_to_readers(span: bytes) -> None:
    assert cut(span) is None


def like_envoys(span: Span, kind: Kind, name: str) -> Span:
    tags = {"k": "in/0"} | span.tags
    return msgspec.structs.replace(
        span, kind=kind, name=name, remote_endpoint=None, debug=False, shared=False, tags=tags
    )


@given(
    spans()
    | st.builds(
        like_envoys,
        spans(),
        st.sampled_from([Kind.CLIENT, Kind.SERVER]),
        st.text("GETget /{é", min_size=1),
    )
)
def test_a_cut_says_what_a_reader_reads(generated: Span) -> None:
    (encoded,) = split_list(encode_list([generated]))
    (span,) = decode_list(span_list(encoded))
    if found := cut(encoded):
        times = b"" if span.timestamp is None else fixed(6, span.timestamp)
        times += b"" if span.duration is None else number(7, span.duration)
        assert found.trace_id == text(1, bytes.fromhex(span.trace_id))
        assert found.parent_id == (bytes.fromhex(span.parent_id) if span.parent_id else None)
        assert found.id == bytes.fromhex(span.id)
        assert found.is_server == (span.kind is Kind.SERVER)
        assert found.name == text(5, (span.name or "").encode())
        assert found.times == times
        assert dict(map(decode_tag, found.tags)) == span.tags
        assert (span.remote_endpoint, span.debug, span.shared) == (None, False, False)


@given(st.integers(0, len(usual()) - 1), st.binary(max_size=3))
def test_damage_is_cut_or_not_but_never_a_fault(at: int, instead: bytes) -> None:
    cut(usual()[:at] + instead + usual()[at + 1 :])


def test_a_tag_that_is_no_message_is_refused() -> None:
    with pytest.raises(MalformedSpans, match="Malformed"):
        decode_tag(b"\x0a\x09k")

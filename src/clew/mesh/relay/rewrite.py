"""Envoy's spans to Linkerd's by the bytes of their parts, of which few are new to it. Pure.

:func:`clew.mesh.relay.enrich.enrich` says what becomes of a span. Most of Envoy's tags say the same
beside any others, and what the rest say together is the same in most spans; so both are looked up.
The fields of a span may come in any order, so its own ids and times and those parts are the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clew.mesh.relay.enrich import ServerFacts, enrich, remote_endpoint, side_tags
from clew.mesh.xds import tracing as sent
from clew.span.model import Kind
from clew.span.normal import new_span
from clew.span.proto3 import (
    decode_list,
    decode_tag,
    encode_fields,
    encode_list,
    join_list,
    split_list,
)
from clew.span.proto3_cut import cut

KEPT = 2 * 1024 * 1024
"""Bytes that are remembered for each kind of span, or a little more; then all are forgotten."""

_ALONE = frozenset(
    {
        *(sent.WHAT, sent.URI, sent.REQUEST_LENGTH, sent.RESPONSE_LENGTH),
        *(sent.PEER, "upstream_address"),
        *("request_size", "response_size", "retry.count", "user_agent"),
    }
)
"""Tags that say the same whatever stands beside them."""
_TOGETHER = frozenset(
    {
        *(sent.WHERE, sent.ERROR, sent.CONNECT_FAILURE),
        *("http.status_code", "http.protocol", "response_flags"),
        *("error", "error.reason", "canceled", "grpc.status_code", "grpc.message"),
    }
)
"""Tags that must be read as one. No other tag is read at all."""
_PARENT_ID, _ID = b"\x12\x08", b"\x1a\x08"
"""What stands before the 8 bytes of each."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A list of spans in Linkerd's form."""

    body: bytes
    """Proto3 ``ListOfSpans``."""
    spans: int
    """How many are in it."""
    unknown: int
    """How many of them are of no known server."""


class Rewriter:
    """Knows what the parts of spans become, as long as the facts stay the same."""

    def __init__(self, facts: Mapping[str, ServerFacts]) -> None:
        self._facts = facts
        self._servers = _Side(Kind.SERVER, facts)
        self._clients = _Side(Kind.CLIENT, facts)

    @property
    def kept(self) -> int:
        """Bytes of what is remembered."""
        return self._servers.kept + self._clients.kept

    def rewrite(self, body: bytes) -> Rewritten:
        """What ``enrich`` makes of each span of a ``ListOfSpans``. Raises MalformedSpans."""
        self._servers.limit()
        self._clients.limit()
        written: list[bytes] = []
        unknown = 0
        for span in split_list(body):
            told = self._quickly(span)
            if told is None:
                told, known = self._plainly(span)
                unknown += not known
            written.append(told)
        return Rewritten(join_list(written), len(written), unknown)

    def _quickly(self, span: bytes) -> bytes | None:
        """None when its parts are not enough to tell."""
        parts = cut(span)
        if parts is None:
            return None
        trace_id, parent_id, own_id, is_server, name, times, tags = parts
        side = self._servers if is_server else self._clients
        rest = side.rest(tags, is_root=parent_id is None)
        if rest is None:
            return None
        # the ids in the order of bytes that they have in headers
        parent = _PARENT_ID + parent_id[::-1] if parent_id else b""
        return b"".join((trace_id, parent, _ID, own_id[::-1], side.kind, name, times, *rest))

    def _plainly(self, span: bytes) -> tuple[bytes, bool]:
        """It, and whether it is of a known server."""
        (read,) = decode_list(join_list([span]))
        (told,) = split_list(encode_list([enrich(read, self._facts)]))
        return told, sent.spread(read.tags).get(sent.SERVER_KEY) in self._facts


class _Side:
    """What is known of the spans of one kind."""

    def __init__(self, kind: Kind, facts: Mapping[str, ServerFacts]) -> None:
        self.kind = b" \x02" if kind is Kind.SERVER else b" \x01"
        """The whole field."""
        self._kind = kind
        self._facts = facts
        self._alone = _Alone(kind)
        self._together: dict[tuple[bool, frozenset[bytes]], bytes | None] = {}
        self._kept = 0
        """Bytes of what the latter remembers."""

    @property
    def kept(self) -> int:
        """Bytes of what is remembered."""
        return self._kept + self._alone.kept

    def limit(self) -> None:
        """Forget all when that is much, as with tags that are new each time."""
        if self.kept > KEPT:
            self._alone = _Alone(self._kind)
            self._together = {}
            self._kept = 0

    def rest(self, tags: Sequence[bytes], *, is_root: bool) -> tuple[bytes, ...] | None:
        """The fields of a span that has these tags, but ids, name and times. None for a span of no
        known server, and one in which a tag and a time say something together.
        """
        alone = b"".join(map(self._alone.__getitem__, tags))
        key = is_root, frozenset(filter(self._alone.others.__contains__, tags))
        if key in self._together:
            together = self._together[key]
        else:
            together = self._together[key] = self._tell(*key)
            self._kept += sum(map(len, key[1])) + len(together or b"")
        return None if together is None else (together, alone)

    def _tell(self, is_root: bool, together: frozenset[bytes]) -> bytes | None:
        tags = dict(map(decode_tag, together))
        if sent.spread(tags).get(sent.SERVER_KEY) not in self._facts:
            return None
        parent_id = None if is_root else "2"
        span = new_span(trace_id="1", parent_id=parent_id, id="1", kind=self._kind, tags=tags)
        told = enrich(span, self._facts)
        if told.annotations:  # at the end of the span
            return None
        return encode_fields(local=told.local_endpoint, tags=told.tags)


class _Alone(dict[bytes, bytes]):
    """By tag of Envoy, the fields of Linkerd's span that it alone makes."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._copies = {key: tuple(side_tags({key: "?"}, kind)) for key in _ALONE - {sent.WHAT}}
        """By tag of Envoy, Linkerd's tags with the same value."""
        self.others: set[bytes] = set()
        """Tags that must be read together; they make nothing alone."""
        self.kept = 0
        """Bytes of what is in it."""

    def __missing__(self, tag: bytes) -> bytes:
        fields = self[tag] = self._tell(tag)
        self.kept += len(tag) + len(fields)
        return fields

    def _tell(self, tag: bytes) -> bytes:
        key, value = decode_tag(tag)
        if key in _TOGETHER:
            self.others.add(tag)
        if key not in _ALONE:
            return b""
        if key in self._copies and value not in ("", "-"):  # by which Envoy says that there is none
            tags = dict.fromkeys(self._copies[key], value)
        else:
            tags = side_tags(sent.spread({key: value}), self._kind)
        return encode_fields(remote=remote_endpoint({key: value}, self._kind), tags=tags)

"""Answers of the API server that are cut, at every byte."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from tests.mesh.namers.k8s.api_server import endpoint_slice
from tests.mesh.namers.k8s.cluster import Object

from clew.mesh.namers.k8s.lookups import Kind
from clew.mesh.namers.k8s.messages import SOURCES, Event, Events, read_page
from clew.mesh.namers.k8s.objects import Kept
from clew.mesh.namers.k8s.reflector import Failure, Page, Reflector, Waited, Watch

SOURCE = SOURCES[Kind.ENDPOINTS][0]


def slice(name: str, version: int, host: str) -> Object:
    fields = endpoint_slice("hello", [(host, "knoten-é")], {"http": 8080})
    fields["metadata"] |= {"name": name, "namespace": "x", "resourceVersion": str(version)}
    return fields


HISTORY: Sequence[tuple[int, Object]] = [
    (11, {"type": "ADDED", "object": slice("a", 11, "10.0.0.1")}),
    (12, {"type": "MODIFIED", "object": slice("a", 12, "10.0.0.2")}),
    (14, {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "14"}}}),
    (15, {"type": "ADDED", "object": slice("b", 15, "10.0.0.3")}),
    (16, {"type": "DELETED", "object": slice("a", 16, "10.0.0.2")}),
    (17, {"type": "ADDED", "object": slice("a", 17, "10.0.0.4")}),
]
"""With the version of each."""


def sent(after: int) -> bytes:
    """What a watch after this version gets."""
    lines = [json.dumps(event, ensure_ascii=False) for version, event in HISTORY if version > after]
    return "".join(f"{line}\n" for line in lines).encode()


WATCH = sent(0)
CUTS = range(len(WATCH) + 1)


def told(*parts: bytes) -> list[Event]:
    events = Events(SOURCE)
    return [event for part in parts for event in events.of(part)]


def states() -> Sequence[Mapping[str, Kept]]:
    """What is known after none, one, two … of the events."""
    found = []
    for count in range(len(HISTORY) + 1):
        follows = listed()
        for event in told(WATCH)[:count]:
            follows.heard(event)
        found.append(dict(follows.objects))
    return found


def listed() -> Reflector[Kept]:
    follows = Reflector[Kept](1, lambda: 0.0)
    follows.heard(Page([], "10"))
    return follows


def test_events_are_the_same_wherever_their_parts_are_cut() -> None:
    whole = told(WATCH)
    assert len(whole) == len(HISTORY)
    for cut in CUTS:
        assert told(WATCH[:cut], WATCH[cut:]) == whole, cut


def test_what_is_cut_off_anywhere_is_read_in_the_next_watch_and_never_by_half() -> None:
    known = states()
    for cut in CUTS:
        follows = listed()
        for event in told(WATCH[:cut]):
            follows.heard(event)
        assert follows.objects == known[WATCH[:cut].count(b"\n")], cut
        follows.heard(Failure(0, "cut"))
        follows.heard(Waited())
        again = follows.next
        assert isinstance(again, Watch), cut
        for event in told(sent(int(again.version))):
            follows.heard(event)
        assert follows.objects == known[-1], cut


def test_a_server_that_repeats_what_it_has_told_changes_nothing() -> None:
    """One that lags behind, or was asked from an older version."""
    known = states()[-1]
    for version, _ in HISTORY:
        follows = listed()
        for event in (*told(WATCH), *told(sent(version - 1))):
            follows.heard(event)
        assert follows.objects == known, version


def test_a_list_that_is_cut_anywhere_is_none() -> None:
    items = [slice("a", 5, "10.0.0.1"), slice("b", 6, "10.0.0.2")]
    page = {"metadata": {"resourceVersion": "7", "continue": "x"}, "items": items}
    body = json.dumps(page, ensure_ascii=False).encode()
    assert len(read_page(body, SOURCE).items) == len(items)
    for cut in range(len(body)):
        with pytest.raises(msgspec.MsgspecError):
            read_page(body[:cut], SOURCE)

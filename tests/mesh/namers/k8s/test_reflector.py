from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.namers.k8s.reflector import (
    LONGEST_WAIT,
    RESYNC_WATCHES,
    Action,
    Bookmark,
    Delete,
    Ended,
    Failure,
    Heard,
    Item,
    List,
    Page,
    Put,
    Reflector,
    Wait,
    Waited,
    Watch,
)

NONSENSE: Item[str] = Item("a", "11", None)
FIRST = Page([Item("a", "5", "a5"), Item("b", "7", "b7")], "10")


def reflector(*heard: Heard[str], sources: int = 1) -> Reflector[str]:
    """One that has heard this; watches last 240 s, waits are half of the longest."""
    follows = Reflector[str](sources, lambda: 0.0)
    for each in heard:
        follows.heard(each)
    return follows


def after(follows: Reflector[str], *heard: Heard[str]) -> Action:
    """What is to be done when this is heard too."""
    for each in heard:
        follows.heard(each)
    return follows.next


def put(name: str, version: str, value: str | None = None) -> Put[str]:
    return Put(Item(name, version, value or f"{name}{version}"))


def test_lists_then_watches_from_the_version_of_the_list() -> None:
    follows = reflector()
    assert (follows.next, follows.synced) == (List(0), False)
    assert follows.heard(FIRST)
    assert (follows.next, follows.synced) == (Watch(0, "10", 240), True)
    assert follows.objects == {"a": "a5", "b": "b7"}


def test_a_list_in_pages_counts_when_the_last_one_is_there() -> None:
    follows = reflector()
    assert not follows.heard(Page([Item("a", "5", "a5")], "10", "next"))
    assert (follows.next, follows.synced, follows.objects) == (List(0, "next"), False, {})
    assert follows.heard(Page([Item("b", "7", "b7")], "10"))
    assert follows.objects == {"a": "a5", "b": "b7"}


@pytest.mark.parametrize(
    ("event", "changes", "objects"),
    [
        (put("c", "11"), True, {"a": "a5", "b": "b7", "c": "c11"}),
        (put("a", "11"), True, {"a": "a11", "b": "b7"}),
        (put("a", "11", "a5"), False, {"a": "a5", "b": "b7"}),
        (Delete("a", "11"), True, {"b": "b7"}),
        (Delete("x", "11"), False, {"a": "a5", "b": "b7"}),
        (Bookmark("11"), False, {"a": "a5", "b": "b7"}),
        # older than what is known: a server that lags behind
        (put("b", "6"), False, {"a": "a5", "b": "b7"}),
        (Delete("b", "6"), False, {"a": "a5", "b": "b7"}),
        # an object that makes no sense
        (Put(NONSENSE), False, {"a": "a5", "b": "b7"}),
    ],
)
def test_events(event: Heard[str], changes: bool, objects: dict[str, str]) -> None:
    follows = reflector(FIRST)
    assert follows.heard(event) == changes
    assert follows.objects == objects
    assert follows.next == Watch(0, "10", 240)


@pytest.mark.parametrize("event", [put("c", "12"), Delete("a", "12"), Bookmark("12")])
def test_the_next_watch_begins_where_this_one_ended(event: Heard[str]) -> None:
    follows = reflector(FIRST, event, Ended())
    assert follows.next == Wait(0.05)
    assert after(follows, Waited()) == Watch(0, "12", 240)


@pytest.mark.parametrize(
    ("failure", "wait", "then"),
    [
        (Failure(410, "gone"), 0.05, List(0)),
        (Failure(500, "internal"), 0.05, Watch(0, "10", 240)),
        (Failure(0, "reset"), 0.05, Watch(0, "10", 240)),
        (Failure(429, "later", 7.0), 7.0, Watch(0, "10", 240)),
        (Failure(429, "much later", 7000.0), 60.0, Watch(0, "10", 240)),
        (Failure(403, "no right"), 0.05, List(0)),
    ],
)
def test_a_watch_that_fails_keeps_what_is_known(
    failure: Failure, wait: float, then: List | Watch
) -> None:
    follows = reflector(FIRST, failure)
    assert (follows.next, follows.trouble) == (Wait(wait), failure.why)
    assert follows.objects == {"a": "a5", "b": "b7"}
    assert after(follows, Waited()) == then


def test_a_new_list_takes_away_what_has_gone_meanwhile() -> None:
    follows = reflector(FIRST, Failure(410, "gone"), Waited(), Page([Item("b", "20", "b20")], "21"))
    assert follows.objects == {"b": "b20"}
    assert follows.next == Watch(0, "21", 240)


def test_a_cluster_that_was_restored_counts_from_lower_versions() -> None:
    follows = reflector(FIRST, Failure(410, "gone"), Waited(), Page([Item("b", "2", "b2")], "3"))
    assert follows.objects == {"b": "b2"}
    assert follows.heard(put("b", "4"))


def test_pages_of_a_list_that_failed_do_not_come_into_the_next() -> None:
    follows = reflector(
        Page([Item("x", "1", "x1")], "9", "next"), Failure(410, "expired"), Waited(), FIRST
    )
    assert follows.objects == {"a": "a5", "b": "b7"}


def test_waits_grow_to_a_limit_until_something_is_heard() -> None:
    follows = reflector(FIRST)
    waits = []
    for _ in range(9):
        follows.heard(Failure(500, "internal"))
        assert isinstance(follows.next, Wait)
        waits.append(follows.next.seconds)
        if isinstance(after(follows, Waited()), List):
            follows.heard(FIRST)
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_WAIT / 2, LONGEST_WAIT / 2]
    follows.heard(Bookmark("11"))
    follows.heard(Failure(500, "internal"))
    assert follows.next == Wait(0.05)


def test_lists_again_after_some_watches() -> None:
    follows = reflector(FIRST)
    for _ in range(RESYNC_WATCHES - 1):
        for event in (Bookmark("11"), Ended(), Waited()):
            follows.heard(event)
        assert isinstance(follows.next, Watch)
    for event in (Bookmark("11"), Ended(), Waited()):
        follows.heard(event)
    assert follows.next == List(0)


@pytest.mark.parametrize("status", [403, 404])
def test_a_source_that_is_not_there_gives_way_to_the_next(status: int) -> None:
    follows = reflector(Failure(status, "not here"), sources=2)
    assert follows.next == List(1)
    assert after(follows, FIRST) == Watch(1, "10", 240)
    assert follows.trouble == ""


def test_without_any_source_there_is_trouble_until_rights_change() -> None:
    follows = reflector(Failure(404, "no slices"), Failure(403, "no right"), sources=2)
    assert (follows.next, follows.trouble, follows.hopeless) == (Wait(0.05), "no right", True)
    assert after(follows, Waited()) == List(0)
    assert follows.heard(FIRST)
    assert (follows.synced, follows.trouble, follows.hopeless) == (True, "", False)


EVENTS = st.one_of(
    st.builds(put, st.sampled_from("abc"), st.integers(1, 30).map(str)),
    st.builds(Delete, st.sampled_from("abc"), st.integers(1, 30).map(str)),
    st.builds(Bookmark, st.integers(1, 30).map(str)),
    st.builds(Failure, st.sampled_from([0, 401, 403, 404, 410, 429, 500]), st.just("why")),
    st.just(Ended()),
)


@given(st.lists(EVENTS))
def test_whatever_happens_a_good_list_is_what_is_known(events: list[Heard[str]]) -> None:
    follows = reflector(sources=2)
    for event in events:
        # only what can come of the action
        if isinstance(follows.next, Wait):
            follows.heard(Waited())
        if isinstance(follows.next, Watch) or isinstance(event, Failure):
            follows.heard(event)
        else:
            follows.heard(FIRST)
    for _ in range(3):
        if isinstance(follows.next, Wait):
            follows.heard(Waited())
        if isinstance(follows.next, Watch):
            follows.heard(Failure(410, "gone"))
    follows.heard(FIRST)
    assert follows.objects == {"a": "a5", "b": "b7"}
    assert follows.trouble == ""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Heard[str]], dict[str, str], list[Heard[str]]]:
    """What a server tells after version 10, what is there then, and the same with echoes: events
    that come once more, late."""
    events: list[Heard[str]] = []
    there: dict[str, str] = {}
    for version in range(11, 11 + draw(st.integers(0, 12))):
        name = draw(st.sampled_from("abc"))
        if name in there and draw(st.booleans()):
            del there[name]
            events.append(Delete(name, str(version)))
        else:
            there[name] = f"{name}{version}"
            events.append(put(name, str(version)))
    echoing: list[Heard[str]] = []
    for count, event in enumerate(events):
        echoing += [event, *draw(st.lists(st.sampled_from(events[: count + 1]), max_size=2))]
    return events, there, echoing


@given(histories())
def test_events_that_come_once_more_or_late_change_nothing(
    history: tuple[list[Heard[str]], dict[str, str], list[Heard[str]]],
) -> None:
    events, there, echoing = history
    assert reflector(Page([], "10"), *events).objects == there
    assert reflector(Page([], "10"), *echoing).objects == there

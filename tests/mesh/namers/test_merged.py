from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.mesh.namers.watching import watched

from clew.mesh.namers.merged import Merged
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Answers, Missing, Waiting
from clew.mesh.naming.bound import Addresses, Bound
from clew.mesh.naming.path import Path


class Fixed:
    """A namer of which the test says when it answers what."""

    def __init__(self, prefix: str) -> None:
        self.prefix = Path.read(prefix)
        self.wanted: frozenset[Path] = frozenset()
        self.publish: Callable[[Answers], None] = lambda _: None
        self.running = asyncio.Event()

    def want(self, paths: frozenset[Path]) -> None:
        self.wanted = paths

    def state(self) -> Document:
        return {"wanted": sorted(map(str, self.wanted))}

    async def run(self, publish: Callable[[Answers], None]) -> None:
        self.publish = publish
        self.running.set()
        await asyncio.Event().wait()


def bound(path: str) -> Bound:
    return Bound(Path.read(path), Addresses(frozenset()))


def merge(answers: dict[str, dict[str, Answer]], *wanted: str) -> Answers:
    """The last publication, after namers with these prefixes have answered in turn."""

    async def scene() -> Answers:
        namers = [Fixed(prefix.split()[0]) for prefix in answers]
        async with watched(Merged(namers)) as watch:
            watch.want(*wanted)
            await asyncio.gather(*(namer.running.wait() for namer in namers))
            for namer, said in zip(namers, answers.values(), strict=True):
                namer.publish({Path.read(path): answer for path, answer in said.items()})
            return watch.published[-1]

    return asyncio.run(scene())


def test_each_namer_is_asked_for_its_own_paths() -> None:
    async def scene() -> None:
        one, two = Fixed("/#/one"), Fixed("/#/two")
        Merged([one, two]).want(frozenset(map(Path.read, ["/#/one/a", "/#/two/b", "/#/three/c"])))
        assert one.wanted == {Path.read("/#/one/a")}
        assert two.wanted == {Path.read("/#/two/b")}

    asyncio.run(scene())


def test_answers_of_all_namers_come_together() -> None:
    answers: dict[str, dict[str, Answer]] = {
        "/#/one": {"/#/one/a": bound("/#/one/a")},
        "/#/two": {"/#/two/b": Missing()},
    }
    assert merge(answers, "/#/one/a", "/#/two/b") == {
        Path.read("/#/one/a"): bound("/#/one/a"),
        Path.read("/#/two/b"): Missing(),
    }


def test_the_later_namer_with_a_prefix_goes_first_unless_it_has_nothing() -> None:
    first: dict[str, Answer] = {"/#/k/a": bound("/#/k/1"), "/#/k/b": bound("/#/k/1")}
    later: dict[str, Answer] = {"/#/k/a": bound("/#/k/2"), "/#/k/b": Missing()}
    assert merge({"/#/k 1": first, "/#/k 2": later}, "/#/k/a", "/#/k/b") == {
        Path.read("/#/k/a"): bound("/#/k/2"),
        Path.read("/#/k/b"): bound("/#/k/1"),
    }


def test_the_later_namer_is_waited_for() -> None:
    first: dict[str, Answer] = {"/#/k/a": bound("/#/k/1"), "/#/k/b": bound("/#/k/1")}
    later: dict[str, Answer] = {"/#/k/a": Waiting()}
    assert merge({"/#/k 1": first, "/#/k 2": later}, "/#/k/a", "/#/k/b") == {
        Path.read("/#/k/a"): Waiting()
    }


def test_the_states_of_namers_stand_by_prefix_and_of_two_with_one_that_of_the_later() -> None:
    first, later, other = Fixed("/#/k"), Fixed("/#/k"), Fixed("/#/a/b")
    merged = Merged([first, other, later])
    assert merged.by_prefix == {"/k": later, "/a/b": other}
    merged.want(frozenset([Path.read("/#/k/1")]))
    assert merged.state() == {"/k": {"wanted": ["/#/k/1"]}, "/a/b": {"wanted": []}}

"""Names that rest, as transcripts of readings: what Envoy counts, and who leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from clew.mesh.compile import Named, State
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.serve.idle_names import IdleNames, reading_pause


class Node:
    """A router ``http`` of ten names that live 100 seconds, its Envoy's counts and a clock."""

    def __init__(self, *names: str, state: State = State.KNOWN, paths: int = 10) -> None:
        self.now = 0.0
        self.counts: dict[str, int] = {}
        self.names = {f"http/svc/{name}": Named(state, router="http") for name in names}
        self.linker = linker(f"bindingCache: {{paths: {paths}, idleTtlSecs: 100}}")
        self.idle = IdleNames(self.statistics, lambda: self.now)

    async def statistics(self, pattern: str) -> bytes:
        stats = [{"name": f"cluster.{name}", "value": count} for name, count in self.counts.items()]
        return json.dumps({"stats": stats}).encode()

    def use(self, *names: str) -> None:
        for name in names:
            key = f"http/svc/{name}.upstream_rq_total"
            self.counts[key] = self.counts.get(key, 0) + 1

    def read(self, after: float) -> None:
        self.now += after
        asyncio.run(self.idle.read(self.names))

    @property
    def leaving(self) -> set[str]:
        return short(self.idle.leaving(self.names, self.linker))

    @property
    def in_the_way(self) -> set[str]:
        return short(self.idle.in_the_way(self.names, self.linker))


def linker(*keys: str) -> Linker:
    routers = "".join(
        f"- {{protocol: http, servers: [{{port: {port}}}], {key}}}\n"
        for port, key in enumerate(keys, 4140)
    )
    return read_linker(f"routers:\n{routers}", "linkerd.yaml")


def short(names: Iterable[str]) -> set[str]:
    return {name.removeprefix("http/svc/") for name in names}


def test_a_name_leaves_when_its_count_stands_still_for_the_time_of_its_router() -> None:
    node = Node("used", "idle")
    node.use("used", "idle")
    node.read(after=0)
    node.use("used")
    node.read(after=99)
    assert node.leaving == set()
    node.read(after=1)
    assert node.leaving == {"idle"}


def test_a_request_that_goes_on_is_use() -> None:
    node = Node("stream")
    node.counts["http/svc/stream.upstream_rq_active"] = 1
    for _ in range(5):
        node.read(after=100)
        assert node.leaving == set()
    node.counts["http/svc/stream.upstream_rq_active"] = 0
    node.read(after=100)
    assert node.leaving == {"stream"}


def test_a_request_without_an_endpoint_is_use() -> None:
    node = Node("nowhere", state=State.UNKNOWN)
    for _ in range(5):
        node.read(after=100)
        node.counts["http/svc/nowhere.upstream_cx_none_healthy"] = int(node.now)
    node.read(after=100)
    assert node.leaving == set()
    node.read(after=100)
    assert node.leaving == {"nowhere"}


def test_an_envoy_that_counts_from_zero_again_makes_no_name_idle() -> None:
    node = Node("a")
    node.use("a", "a")
    node.read(after=0)
    node.counts.clear()
    node.read(after=100)
    assert node.leaving == set()


def test_a_colon_in_a_name_is_found_in_the_statistics() -> None:
    node = Node("a:80")
    node.read(after=0)
    node.use("a_80")
    node.read(after=100)
    assert node.leaving == set()


def test_the_idlest_of_a_nearly_full_router_leave_early() -> None:
    node = Node(*"abcdefghi")  # nine of ten
    node.use(*"abcdefghi")
    node.read(after=0)
    node.use(*"cdefghi")
    node.read(after=10)
    node.use(*"defghi")
    node.read(after=10)
    assert node.leaving == {"a", "b"}


def test_of_a_nearly_full_router_whose_names_are_all_used_none_leaves() -> None:
    node = Node(*"abcdefghi")
    for _ in range(3):
        node.use(*"abcdefghi")
        node.read(after=10)
    assert node.leaving == set()


def test_when_names_were_refused_the_idlest_leave_though_they_are_used() -> None:
    node = Node(*"abcd", paths=4)
    node.read(after=0)
    node.use(*"bcd")
    node.read(after=10)
    node.use(*"abd", "d", "b")
    node.read(after=10)
    assert node.in_the_way == {"c", "a"}  # a was used later than c, but less than b and d


def test_when_names_were_refused_a_router_with_room_keeps_its_own() -> None:
    node = Node(*"abc", paths=4)
    node.read(after=0)
    assert node.in_the_way == set()


def test_names_that_clients_can_make_up_are_in_the_way_used_or_not() -> None:
    for state in (State.UNKNOWN, State.OVERRIDDEN, State.PENDING):
        node = Node("made-up", state=state)
        node.use("made-up")
        node.read(after=0)
        assert node.in_the_way == {"made-up"}


def test_counts_are_read_four_times_a_life_and_every_half_minute_at_least() -> None:
    short_lived, long_lived = "bindingCache: {idleTtlSecs: 8}", "label: other"
    assert reading_pause(linker(short_lived)) == 2
    assert reading_pause(linker(long_lived)) == 30
    assert reading_pause(linker(long_lived, short_lived)) == 2

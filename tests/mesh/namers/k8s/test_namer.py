from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path as File

import pytest
from tests.mesh.namers.contract import ONE, TWO, NamerContract, addresses
from tests.mesh.namers.k8s.api_server import ApiServer, endpoint_slice, served
from tests.mesh.namers.watching import Watched, watched

from clew.mesh.namers import publishing
from clew.mesh.namers.k8s import api as api_module
from clew.mesh.namers.k8s import namer as namer_module
from clew.mesh.namers.k8s import reflector as reflector_module
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import ByEndpoints
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.namers.k8s.namer import K8s
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.answer import Answer, Answers, Broken, Missing
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/io.l5d.k8s")
HELLO = "/#/io.l5d.k8s/default/http/hello"


def new_namer(server: ApiServer, **access: object) -> K8s:
    def find() -> Access:
        return Access(server.url, **access)  # type: ignore[arg-type]  # of several types

    return K8s(PREFIX, ByEndpoints(), lambda: Api(find))


def put(server: ApiServer, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
    hosts = [(host, "") for host, _ in endpoints]
    port = endpoints[0][1] if endpoints else 8080
    fields = endpoint_slice(name, hosts, {"http": port})
    server.put("endpointslices", "default", f"{name}-1", **fields)


class InOnePort:
    """The names of one namespace and port, as a namer; with an API server beside it."""

    prefix = PREFIX + Path.of("default", "http")

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._inner = new_namer(server)

    def want(self, paths: frozenset[Path]) -> None:
        self._inner.want(paths)

    def state(self) -> Document:
        return self._inner.state()

    async def run(self, publish: Callable[[Answers], None]) -> None:
        async with served(self._server):
            await self._inner.run(publish)


class TestContract(NamerContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        self.server = ApiServer()

    def new_namer(self) -> InOnePort:
        return InOnePort(self.server)

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        put(self.server, name, endpoints)

    def remove(self, name: str) -> None:
        self.server.delete("endpointslices", "default", f"{name}-1")


class World:
    """A server, and a namer that watches hello there."""

    def __init__(self, server: ApiServer, watch: Watched) -> None:
        self.server, self.watch = server, watch

    async def until(self, *endpoints: tuple[str, int]) -> None:
        await self.watch.until(HELLO, lambda answer: addresses(answer) == list(endpoints))

    async def answer(self) -> Answer:
        return await self.watch.answer(HELLO)

    async def asked(self, times: int) -> None:
        """Until so many requests have come."""
        await until(lambda: len(self.server.requests) >= times)


async def until(condition: Callable[[], bool]) -> None:
    """The test's own timeout is the bound."""
    while True:
        if condition():
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def world(server: ApiServer, **access: object) -> AsyncIterator[World]:
    async with served(server), watched(new_namer(server, **access)) as watch:
        watch.want(HELLO)
        yield World(server, watch)


def test_asks_for_a_list_and_a_watch_from_its_version() -> None:
    async def scene() -> None:
        async with world(ApiServer()) as here:
            put(here.server, "hello", [ONE])
            await here.until(ONE)
            await here.asked(2)
            path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
            listed, watch = here.server.requests
            assert listed == f"{path}?limit=500"
            assert watch.startswith(
                f"{path}?watch=true&allowWatchBookmarks=true&resourceVersion=101&timeoutSeconds="
            )

    asyncio.run(scene())


def test_reads_lists_in_pages() -> None:
    async def scene() -> None:
        server = ApiServer(page=2)
        for number in range(5):
            put(server, f"other-{number}", [TWO])
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(4)
            assert server.watches() == 1

    asyncio.run(scene())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_answers_may_be_cut_anywhere(size: int) -> None:
    async def scene() -> None:
        server = ApiServer()
        server.faults.chunk = size
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            for endpoints in ([TWO], [ONE, TWO], [("10.0.0.3", 80)]):
                put(server, "hello", endpoints)
                await here.until(*endpoints)

    asyncio.run(scene())


@pytest.mark.parametrize("cut", ["hang up", "410 event", "500 event", "compacted"])
def test_a_watch_that_ends_is_begun_again_and_nothing_is_missed(cut: str) -> None:
    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(2)
            if cut == "compacted":
                server.hang_up()
                put(server, "hello", [TWO])
                server.compact()
            elif cut == "hang up":
                server.hang_up()
                put(server, "hello", [TWO])
            else:
                server.error(int(cut[:3]))
                put(server, "hello", [TWO])
            await here.until(TWO)

    asyncio.run(scene())


def test_a_bookmark_saves_a_list_when_history_is_forgotten() -> None:
    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(2)
            server.put("services", "default", "other")
            server.bookmark()
            await asyncio.sleep(0.1)
            server.compact()
            server.hang_up()
            await here.asked(3)
            put(server, "hello", [TWO])
            await here.until(TWO)
            lists = [request for request in server.requests if "watch" not in request]
            assert len(lists) == 1

    asyncio.run(scene())


@pytest.mark.parametrize("status", [429, 500, 503, 401])
def test_tries_again_when_refused(status: int) -> None:
    async def scene() -> None:
        server = ApiServer()
        server.faults.refuse = {"endpointslices": [status, status], "watch": [status, status]}
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(6)
            put(server, "hello", [TWO])
            await here.until(TWO)

    asyncio.run(scene())


def test_without_the_right_to_read_it_says_so_and_sees_the_right_come() -> None:
    async def scene() -> None:
        server = ApiServer()
        server.faults.forbid = {"endpointslices", "endpoints"}
        put(server, "hello", [ONE])
        async with world(server) as here:
            assert await here.answer() == Broken(
                "Kubernetes answers 403 when asked for endpoints in namespace default: "
                'cannot list resource "endpoints"'
            )
            server.faults.forbid.clear()
            await here.until(ONE)

    asyncio.run(scene())


@pytest.mark.parametrize("fault", ["forbid", "absent"])
def test_where_slices_cannot_be_had_endpoints_are_read(fault: str) -> None:
    async def scene() -> None:
        server = ApiServer()
        getattr(server.faults, fault).add("endpointslices")
        subset = {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "http", "port": 8080}]}
        server.put("endpoints", "default", "hello", subsets=[subset])
        async with world(server) as here:
            await here.until(ONE)

    asyncio.run(scene())


def test_while_the_server_is_away_the_last_state_stays() -> None:
    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with watched(new_namer(server)) as watch:
            async with served(server):
                watch.want(HELLO)
                await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])
                port = server.port
            await asyncio.sleep(0.3)
            assert addresses(watch.published[-1][Path.read(HELLO)]) == [ONE]
            put(server, "hello", [TWO])
            async with served(server, port):
                await watch.until(HELLO, lambda answer: addresses(answer) == [TWO])

    asyncio.run(scene())


def test_the_token_is_read_again_when_it_has_been_renewed(tmp_path: File) -> None:
    async def scene() -> None:
        token = tmp_path / "token"
        token.write_text("old\n")
        server = ApiServer(token="old")
        put(server, "hello", [ONE])
        async with world(server, token_file=token) as here:
            await here.until(ONE)
            server.token = "new"
            token.write_text("new\n")
            server.hang_up()
            put(server, "hello", [TWO])
            await here.until(TWO)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "ADDED", "object": {}},
        {"type": "MODIFIED", "object": {"metadata": {"name": "hello-1"}, "endpoints": 3}},
        {"type": "MODIFIED", "object": {"metadata": {"name": "hello-1", "resourceVersion": "1"}}},
        {"type": "DELETED", "object": {"metadata": {"name": "hello-1", "resourceVersion": "1"}}},
        {"type": "DELETED", "object": []},
        {"type": "BOOKMARK", "object": {"metadata": {}}},
        {"type": "NEWS", "object": {}},
    ],
    ids=json.dumps,
)
def test_events_that_make_no_sense_or_are_old_change_nothing(event: dict[str, object]) -> None:
    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(2)
            server.send(event)
            put(server, "other", [TWO])
            other = "/#/io.l5d.k8s/default/http/other"
            here.watch.want(HELLO, other)
            await here.watch.until(other, lambda answer: addresses(answer) == [TWO])
            assert addresses(here.watch.published[-1][Path.read(HELLO)]) == [ONE]

    asyncio.run(scene())


def test_a_service_that_is_not_there_is_missing_and_comes() -> None:
    async def scene() -> None:
        async with world(ApiServer()) as here:
            assert await here.answer() == Missing()
            put(here.server, "hello", [ONE])
            await here.until(ONE)

    asyncio.run(scene())


def test_what_nobody_wants_is_no_longer_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namer_module, "LINGER_SECONDS", 0.05)

    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await here.asked(2)
            assert server.connections() == 1
            here.watch.want()
            await until(lambda: server.connections() == 0)
            here.watch.want(HELLO)
            await here.until(ONE)
            await here.asked(4)

    asyncio.run(scene())


def test_trouble_and_its_end_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        server = ApiServer()
        server.faults.refuse = {"endpointslices": [500, 500]}
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)

    with caplog.at_level(logging.INFO, "clew.mesh.namers.k8s"):
        asyncio.run(scene())
    assert [record.getMessage() for record in caplog.records] == [
        "Kubernetes answers 500 when asked for endpointslices in namespace default: refused 500",
        "endpoints in namespace default can be read again",
    ]


def test_a_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "SECONDS", 0.1)

    async def scene() -> None:
        server = ApiServer()
        server.faults.hang = {"endpointslices"}
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.asked(2)
            server.faults.hang.clear()
            await here.until(ONE)

    asyncio.run(scene())


def test_a_watch_that_outlives_its_time_is_hung_and_begun_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api_module, "GRACE", 0.1)
    monkeypatch.setattr(reflector_module, "WATCH_SECONDS", (0, 0))

    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        async with world(server) as here:
            await here.until(ONE)
            await until(lambda: server.watches() >= 3)
            put(server, "hello", [TWO])
            await here.until(TWO)

    asyncio.run(scene())


def test_the_first_publication_has_all_that_is_wanted() -> None:
    async def scene() -> None:
        server = ApiServer()
        put(server, "hello", [ONE])
        elsewhere = "/#/io.l5d.k8s/other/http/hello"
        async with served(server), watched(new_namer(server)) as watch:
            await watch.first()
            watch.want(HELLO)
            await watch.answer(HELLO)
        namer = new_namer(server)
        namer.want(frozenset(map(Path.read, (HELLO, elsewhere))))
        async with served(server), watched(namer) as watch:
            first = await watch.first()
            assert set(first) == set(map(Path.read, (HELLO, elsewhere)))

    asyncio.run(scene())


def test_what_cannot_be_known_does_not_hold_up_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIRST_SECONDS", 0.2)

    async def scene() -> None:
        server = ApiServer()
        server.faults.hang = {"services"}
        put(server, "hello", [ONE])
        namer = new_namer(server)
        by_number = "/#/io.l5d.k8s/default/80/hello"
        namer.want(frozenset(map(Path.read, (HELLO, by_number))))
        async with served(server), watched(namer) as watch:
            assert set(await watch.first()) == {Path.read(HELLO)}

    asyncio.run(scene())


def test_a_fault_of_ours_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fault(mirror: Mirror) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Mirror, "run", fault)

    async def scene() -> None:
        namer = new_namer(ApiServer())
        namer.want(frozenset([Path.read(HELLO)]))
        with pytest.raises(ExceptionGroup) as error:
            await namer.run(lambda _: None)
        assert error.group_contains(ZeroDivisionError)

    asyncio.run(scene())

"""On a tree of nodes in place of a server; on a real one, too, where CLEW_ZOOKEEPER says where."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import pytest
from kazoo.client import KazooClient
from tests.mesh.namers.contract import ONE, TWO, NamerContract, addresses
from tests.mesh.namers.fake_kazoo import FakeKazoo
from tests.mesh.namers.watching import Watched, eventually, watched

from clew.mesh.config.linker import ConfigError, read_linker
from clew.mesh.namers import Namer, zookeeper
from clew.mesh.namers.following import Following
from clew.mesh.namers.registry import build
from clew.mesh.namers.zookeeper import Group, ZooKeeper
from clew.mesh.namers.zookeeper_groups import Leader, ServerSet
from clew.mesh.namers.zookeeper_session import KazooSession
from clew.mesh.naming.answer import Missing
from clew.mesh.naming.bound import Bound
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/zk")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zookeeper, "LONGEST_BACKOFF", 0.1)
    monkeypatch.setattr(zookeeper, "FIRST_BACKOFF", 0.05)


def member(host: str, port: int, status: str = "ALIVE", **others: tuple[str, int]) -> bytes:
    more = {name: {"host": each[0], "port": each[1]} for name, each in others.items()}
    place = {"host": host, "port": port}
    document = {"serviceEndpoint": place, "additionalEndpoints": more, "status": status, "shard": 0}
    return json.dumps(document).encode()


def namer_over(tree: FakeKazoo, group: Group) -> Following:
    return Following(PREFIX, ZooKeeper("zk:1", group, lambda hosts: KazooSession(hosts, tree)))


class Nodes(Protocol):
    """What a test does to the nodes."""

    def set(self, node: str, content: bytes) -> object: ...

    def delete(self, node: str) -> object: ...


class GroupContract(NamerContract):
    """Groups below a node of the test's own."""

    empty_has_a_name = False
    group: Group = ServerSet()

    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        self.nodes: Nodes = FakeKazoo()
        self.members: dict[str, list[str]] = {}

    def new_namer(self) -> Namer:
        assert isinstance(self.nodes, FakeKazoo)
        return namer_over(self.nodes, self.group)

    def content(self, endpoints: Sequence[tuple[str, int]]) -> list[bytes]:
        return [member(*endpoint) for endpoint in endpoints]

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        if name not in self.members:
            self.nodes.set(f"/{name}", b"")
        before = self.members.get(name, [])
        contents = self.content(endpoints)
        nodes = [f"/{name}/member_{number:010}" for number in range(len(contents))]
        for node, content in zip(nodes, contents, strict=True):
            self.nodes.set(node, content)
        for node in before[len(nodes) :]:
            self.nodes.delete(node)
        self.members[name] = nodes

    def remove(self, name: str) -> None:
        for node in self.members.pop(name):
            self.nodes.delete(node)
        self.nodes.delete(f"/{name}")


class TestServerSets(GroupContract):
    pass


class TestLeaders(GroupContract):
    group = Leader()

    def content(self, endpoints: Sequence[tuple[str, int]]) -> list[bytes]:
        written = ",".join(f"{host}:{port}" for host, port in endpoints).encode()
        return [written, b"10.9.9.9:9"] if endpoints else []


class RealNodes:
    """Below a node of its own in a real ZooKeeper."""

    def __init__(self, hosts: str) -> None:
        self.client = KazooClient(hosts=hosts)
        self.client.start()
        self.root = f"/clew-{uuid.uuid4().hex}"

    def set(self, node: str, content: bytes) -> None:
        self.client.ensure_path(self.root + node)
        self.client.set(self.root + node, content)

    def delete(self, node: str) -> None:
        self.client.delete(self.root + node)

    def end(self) -> None:
        if self.client.exists(self.root):
            self.client.delete(self.root, recursive=True)
        self.client.stop()
        self.client.close()


@pytest.mark.skipif("CLEW_ZOOKEEPER" not in os.environ, reason="needs CLEW_ZOOKEEPER=host:port")
class TestRealServer(GroupContract):
    @pytest.fixture(autouse=True)
    def _tree(self) -> Iterator[None]:
        self.hosts = os.environ["CLEW_ZOOKEEPER"]
        real = RealNodes(self.hosts)
        self.nodes, self.root = real, real.root[1:]
        self.members = {}
        yield
        real.end()

    def new_namer(self) -> Namer:
        return Below(
            Following(PREFIX, ZooKeeper(self.hosts, self.group, KazooSession)), Path.of(self.root)
        )


class Below:
    """A namer whose prefix has the test's own node in it."""

    def __init__(self, namer: Namer, more: Path) -> None:
        self.prefix = namer.prefix + more
        self.want = namer.want
        self.state = namer.state
        self.run = namer.run


def scene(tree: FakeKazoo, group: Group, act: Callable[[Watched, Following], object]) -> None:
    async def run() -> None:
        namer = namer_over(tree, group)
        async with watched(namer) as watch:
            done = act(watch, namer)
            if asyncio.iscoroutine(done):
                await done
        assert tree.stopped == 1

    asyncio.run(run())


DISCOVERY = {
    "/a": b"",
    "/a/web": b"",
    "/a/web/member_0000000001": member(*ONE, http=TWO),
    "/a/web/member_0000000002": member("10.0.0.9", 9, "DEAD"),
    "/a/web/vector_0000000001": b"{}",
    "/a/lead": b"",
    "/a/lead/member_0000000002": b"10.0.0.9:9",
    "/a/lead/member_0000000001": b"10.0.0.1:8080, [::1]:81",
    "/a/odd": b"",
    "/a/odd/member_0000000001": b"nothing",
}


@pytest.mark.parametrize(
    ("group", "path", "id", "residual", "found"),
    [
        pytest.param(ServerSet(), "/a/web", "/a/web", "/", [ONE], id="the living members"),
        pytest.param(ServerSet(), "/a/web/x/y", "/a/web", "/x/y", [ONE], id="a longer path"),
        pytest.param(ServerSet(), "/a/web:http", "/a/web:http", "/", [TWO], id="an endpoint"),
        pytest.param(
            ServerSet(),
            "/a/web:http/x",
            "/a/web:http",
            "/x",
            [TWO],
            id="an endpoint of a longer one",
        ),
        pytest.param(
            Leader(), "/a/lead/x", "/a/lead", "/x", [ONE, ("::1", 81)], id="the oldest candidate"
        ),
    ],
)
def test_what_a_path_leads_to(
    group: Group, path: str, id: str, residual: str, found: list[tuple[str, int]]
) -> None:
    async def act(watch: Watched, namer: Following) -> None:
        watch.want(f"{PREFIX}{path}")
        bound = await watch.answer(f"{PREFIX}{path}")
        assert isinstance(bound, Bound)
        assert (str(bound.id), str(bound.residual)) == (f"{PREFIX}{id}", residual)
        assert addresses(bound) == found

    scene(FakeKazoo(dict(DISCOVERY)), group, act)


@pytest.mark.parametrize(
    ("group", "path"),
    [
        pytest.param(ServerSet(), "/a", id="no members"),
        pytest.param(ServerSet(), "/b/c", id="no node"),
        pytest.param(ServerSet(), "/a/web:none", id="no such endpoint"),
        pytest.param(ServerSet(), "/a/odd", id="members that make no sense"),
        pytest.param(Leader(), "/a/odd", id="a leader that makes no sense"),
    ],
)
def test_what_leads_nowhere(group: Group, path: str) -> None:
    async def act(watch: Watched, namer: Following) -> None:
        watch.want(f"{PREFIX}{path}")
        assert await watch.answer(f"{PREFIX}{path}") == Missing()

    scene(FakeKazoo(dict(DISCOVERY)), group, act)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a\0", ""])
def test_a_path_that_leaves_its_node_is_not_asked_for(name: str) -> None:
    assert ZooKeeper("zk:1", Leader(), KazooSession).service(Path.of("a", name)) is None


def test_the_longest_group_is_taken_as_groups_come_and_go() -> None:
    tree = FakeKazoo(dict(DISCOVERY))
    path = f"{PREFIX}/a/web/v2"

    async def act(watch: Watched, namer: Following) -> None:
        watch.want(path)
        await watch.until(path, lambda answer: addresses(answer) == [ONE])
        tree.set("/a/web/v2", b"")
        tree.set("/a/web/v2/member_0000000001", member(*TWO))
        await watch.until(path, lambda answer: addresses(answer) == [TWO])
        tree.delete("/a/web/v2/member_0000000001")
        await watch.until(path, lambda answer: addresses(answer) == [ONE])

    scene(tree, ServerSet(), act)


def test_what_is_known_stays_without_a_connection_and_is_read_again_with_one() -> None:
    tree = FakeKazoo(dict(DISCOVERY))
    path = f"{PREFIX}/a/web"

    async def act(watch: Watched, namer: Following) -> None:
        watch.want(path)
        await watch.until(path, lambda answer: addresses(answer) == [ONE])
        tree.lost = True
        tree.set("/a/web/member_0000000001", member(*TWO))
        await eventually(lambda: namer.state()[path]["watch"]["error"] == "ConnectionLoss")
        assert len(watch.published) == 1
        tree.connect()
        await watch.until(path, lambda answer: addresses(answer) == [TWO])

    scene(tree, ServerSet(), act)


def test_an_outage_is_a_line_when_it_begins_and_one_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="clew")
    tree = FakeKazoo(dict(DISCOVERY))
    paths = [f"{PREFIX}/a/web", f"{PREFIX}/a/web:http"]

    async def act(watch: Watched, namer: Following) -> None:
        watch.want(*paths)
        for path in paths:
            await watch.answer(path)
        tree.disconnect("SUSPENDED")
        tree.disconnect("LOST")
        tree.set("/a/web/member_0000000001", member(*TWO))
        await eventually(lambda: namer.state()[paths[0]]["watch"]["error"] == "ConnectionLoss")
        tree.connect()
        await watch.until(paths[0], lambda answer: addresses(answer) == [TWO])

    scene(tree, ServerSet(), act)
    assert [each.getMessage() for each in caplog.records] == [
        "ZooKeeper at zk:1 is away; what is known stays in use",
        "ZooKeeper at zk:1 is there again",
    ]


@pytest.mark.parametrize("kind", ["io.l5d.serversets", "io.l5d.zkLeader"])
def test_the_namers_of_a_file(kind: str) -> None:
    linker = read_linker(
        f"namers: [{{kind: {kind}, zkAddrs: [{{host: a}}, {{host: '::1', port: 2}}]}}]\n"
        "routers: [{protocol: http, servers: [{port: 1}]}]",
        "linkerd.yaml",
    )
    (namer,) = build(linker)
    assert str(namer.prefix) == f"/#/{kind}"


def test_a_server_must_be_named() -> None:
    with pytest.raises(ConfigError, match="zkAddrs must name a server of ZooKeeper"):
        read_linker(
            "namers: [{kind: io.l5d.serversets, zkAddrs: []}]\n"
            "routers: [{protocol: http, servers: [{port: 1}]}]",
            "linkerd.yaml",
        )

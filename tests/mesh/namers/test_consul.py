from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Sequence
from pathlib import Path as File

import pytest
from tests.mesh.namers.consul_server import ConsulServer, entry
from tests.mesh.namers.contract import ONE, TWO, NamerContract, addresses
from tests.mesh.namers.watching import watched
from tests.mesh.serve.authority import Authority

from clew.mesh.config.linker import read_linker
from clew.mesh.namers import Namer, consul
from clew.mesh.namers.consul_answer import Choice
from clew.mesh.namers.registry import build
from clew.mesh.naming.answer import Answer, Missing
from clew.mesh.naming.bound import Address, Bound
from clew.mesh.naming.path import Path

HELLO = "/#/io.l5d.consul/dc1/hello"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consul, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(consul, "LONGEST_BACKOFF", 0.05)


def namer_of(server: ConsulServer, options: str = "") -> Namer:
    linker = read_linker(
        f"namers: [{{kind: io.l5d.consul, host: 127.0.0.1, port: {server.port}, {options}}}]\n"
        "routers: [{protocol: http, servers: [{port: 1}]}]",
        "linkerd.yaml",
    )
    (namer,) = build(linker)
    return namer


class TestConsul(NamerContract):
    empty_has_a_name = False

    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        self.server = ConsulServer()

    def new_namer(self) -> Namer:
        self.server.start()
        namer = namer_of(self.server, "prefix: /dc")
        return Below(namer, Path.of("dc1"))

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        self.server.put(name, *(entry(host, port) for host, port in endpoints))

    def remove(self, name: str) -> None:
        self.server.put(name)


class Below:
    """A namer whose prefix has the data centre in it."""

    def __init__(self, namer: Namer, more: Path) -> None:
        self.prefix = namer.prefix + more
        self.want = namer.want
        self.state = namer.state
        self.run = namer.run


@pytest.mark.parametrize(
    ("options", "path", "id", "target"),
    [
        pytest.param("", "/dc1/Web/x", "/dc1/web", "catalog/service/web?dc=dc1", id="lower case"),
        pytest.param("", "/.local/web", "/.local/web", "catalog/service/web?", id="the agent's dc"),
        pytest.param(
            "includeTag: true",
            "/dc1/V1/web",
            "/dc1/v1/web",
            "catalog/service/web?dc=dc1&tag=v1",
            id="with a tag",
        ),
        pytest.param(
            "useHealthCheck: true, consistencyMode: stale",
            "/dc1/web",
            "/dc1/web",
            "health/service/web?dc=dc1&stale",
            id="by health, as any server knows it",
        ),
    ],
)
def test_what_is_asked(options: str, path: str, id: str, target: str) -> None:
    async def scene() -> None:
        server = ConsulServer()
        server.start()
        server.put("web", entry(*ONE, tags=["v1"]), entry(*TWO, tags=["v1"]))
        async with watched(namer_of(server, f"{options}, token: secret".lstrip(", "))) as watch:
            asked = f"/#/io.l5d.consul{path}"
            watch.want(asked)
            answer = await watch.answer(asked)
            assert isinstance(answer, Bound)
            assert (str(answer.id), addresses(answer)) == (f"/#/io.l5d.consul{id}", [ONE, TWO])
            assert str(answer.residual) == ("/x" if path.endswith("/x") else "/")
        first, headers = server.requests[0]
        assert first == f"/v1/{target}"
        assert headers["x-consul-token"] == "secret"

    asyncio.run(scene())


def test_a_path_without_a_service_is_missing_and_asks_nothing() -> None:
    async def scene() -> None:
        server = ConsulServer()
        server.start()
        async with watched(namer_of(server)) as watch:
            watch.want("/#/io.l5d.consul/dc1")
            assert await watch.answer("/#/io.l5d.consul/dc1") == Missing()
        assert server.requests == []

    asyncio.run(scene())


def test_what_is_known_stays_through_errors_cut_connections_and_an_index_that_goes_back() -> None:
    async def scene() -> None:
        server = ConsulServer()
        server.start()
        server.put("hello", entry(*ONE))
        async with watched(namer_of(server)) as watch:
            watch.want(HELLO)
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])
            server.broken = True
            server.cut()
            await server.asked(3)
            server.services["hello"] = [entry(*TWO)]
            server.broken = False
            await watch.until(HELLO, lambda answer: addresses(answer) == [TWO])
            server.services["hello"] = [entry(*ONE)]
            server.stir(2)
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])
            server.put("hello", entry(*TWO))
            await watch.until(HELLO, lambda answer: addresses(answer) == [TWO])
            assert all(addresses(answers[Path.read(HELLO)]) for answers in watch.published)

    asyncio.run(scene())


def test_what_was_never_known_is_missing_until_consul_answers() -> None:
    async def scene() -> None:
        server = ConsulServer(broken=True)
        server.start()
        async with watched(namer_of(server)) as watch:
            watch.want(HELLO)
            assert await watch.answer(HELLO) == Missing()
            server.broken = False
            server.put("hello", entry(*ONE))
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])

    asyncio.run(scene())


def test_a_server_without_an_index_is_asked_again_and_again() -> None:
    async def scene() -> None:
        server = ConsulServer(silent=True)
        server.start()
        async with watched(namer_of(server)) as watch:
            watch.want(HELLO)
            assert await watch.answer(HELLO) == Missing()
            server.put("hello", entry(*ONE))
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])

    asyncio.run(scene())


DOWN = [("serfHealth", "passing"), ("service:web", "critical")]
RESTING = [("_node_maintenance", "critical")]
SHAKY = [("service:web", "warning")]


@pytest.mark.parametrize(
    ("statuses", "ports"),
    [
        pytest.param([], [1, 2, 3, 4], id="the catalog has all"),
        pytest.param(["passing"], [1], id="without a check it passes"),
        pytest.param(["passing", "warning"], [1, 2], id="two of them"),
        pytest.param(["critical"], [3], id="the worst of its checks counts"),
        pytest.param(["maintenance"], [4], id="which maintenance is"),
    ],
)
def test_endpoints_by_health(statuses: list[str], ports: list[int]) -> None:
    entries = [
        entry("h", 1),
        entry("h", 2, checks=SHAKY),
        entry("h", 3, checks=DOWN),
        entry("h", 4, checks=RESTING),
    ]
    read = Choice(frozenset(statuses)).read(json.dumps(entries).encode())
    assert sorted(address.port for address in read) == ports


def test_addresses_and_weights() -> None:
    entries = json.dumps([entry("", 1, tags=["a", "b"]), entry("s", 2), entry("s", 0)]).encode()
    weights = {"a": 2.0, "b": 3.0}
    assert Choice(weights=weights).read(entries) == {Address("192.0.2.1", 1, 3.0), Address("s", 2)}
    assert Choice(prefer_service_address=False).read(entries) == {
        Address("192.0.2.1", 1),
        Address("192.0.2.1", 2),
    }


def test_who_answers_by_tls_must_have_the_name(
    tmp_path: File, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority.new("test")
    authority.write(tmp_path / "ca.pem")
    authority.sign(tmp_path, "consul", "consul.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "consul.pem", tmp_path / "consul.key")

    async def ask(name: str) -> Answer:
        server = ConsulServer()
        server.put("hello", entry("10.1.2.3", 80))
        server.start(context)
        tls = f"tls: {{commonName: {name}, trustCertsBundle: {tmp_path}/ca.pem}}"
        async with watched(namer_of(server, tls)) as watch:
            watch.want(HELLO)
            return await watch.answer(HELLO)

    found = asyncio.run(ask("consul.test"))
    assert addresses(found) == [("10.1.2.3", 80)]
    assert isinstance(asyncio.run(ask("another.test")), Missing)
    (warning,) = (each.getMessage() for each in caplog.records if each.name == consul.__name__)
    assert "certificate verify failed: Hostname mismatch" in warning

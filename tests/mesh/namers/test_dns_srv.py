from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import dns.rcode
import pytest
from tests.mesh.namers.contract import NamerContract, addresses
from tests.mesh.namers.dns_server import DnsServer
from tests.mesh.namers.watching import watched

from clew.mesh.config.linker import read_linker
from clew.mesh.namers import Namer
from clew.mesh.namers.dns_srv import DnsSrv
from clew.mesh.namers.following import Following
from clew.mesh.namers.registry import build
from clew.mesh.naming.answer import Answers, Missing
from clew.mesh.naming.bound import Bound
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/io.l5d.dnssrv")
HELLO = "/#/io.l5d.dnssrv/hello.test."


def namer_of(server: DnsServer, domain: str = "test.") -> Following:
    source = DnsSrv(0.01, (("no.such.host.invalid", 1), ("127.0.0.1", server.port)), domain)
    return Following(PREFIX, source)


class WithServer:
    """A namer, with its DNS server while it runs."""

    prefix = PREFIX

    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._inner: Following | None = None
        self._wanted: frozenset[Path] = frozenset()

    def want(self, paths: frozenset[Path]) -> None:
        self._wanted = paths
        if self._inner:
            self._inner.want(paths)

    def state(self) -> dict[str, object]:
        return dict(self._inner.state()) if self._inner else {}

    async def run(self, publish: Callable[[Answers], None]) -> None:
        with self._server.listening():
            self._inner = namer_of(self._server)
            self._inner.want(self._wanted)
            await self._inner.run(publish)


class TestDnsSrv(NamerContract):
    empty_has_a_name = False

    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        self.server = DnsServer()

    def new_namer(self) -> Namer:
        return WithServer(self.server)

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        for ip, _ in endpoints:
            self.server.hosts[f"{ip}.host.test."] = ip
        records = [f"0 0 {port} {ip}.host.test." for ip, port in endpoints]
        self.server.services[f"{name}.test."] = records

    def remove(self, name: str) -> None:
        del self.server.services[f"{name}.test."]


def test_the_servers_of_the_file_are_asked() -> None:
    async def scene() -> None:
        server = DnsServer({"hello.test.": ["0 0 1 a.test."]})
        with server.listening():
            (namer,) = build(
                read_linker(
                    "namers: [{kind: io.l5d.dnssrv, experimental: true, domain: test,"
                    f" dnsHosts: ['127.0.0.1:{server.port}']}}]\n"
                    "routers: [{protocol: http, servers: [{port: 1}]}]",
                    "linkerd.yaml",
                )
            )
            async with watched(namer) as watch:
                watch.want("/#/io.l5d.dnssrv/hello/x")
                bound = await watch.answer("/#/io.l5d.dnssrv/hello/x")
                assert isinstance(bound, Bound)
                assert (str(bound.id), str(bound.residual)) == ("/#/io.l5d.dnssrv/hello", "/x")
        assert server.questions == ["hello.test."]

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("records", "hosts", "found"),
    [
        pytest.param(["0 0 80 a.test."], {}, [("a.test", 80)], id="a name stays a name"),
        pytest.param(["0 0 80 a.test."], {"a.test.": "10.0.0.1"}, [("10.0.0.1", 80)], id="IPv4"),
        pytest.param(["0 0 80 a.test."], {"a.test.": "::1"}, [("::1", 80)], id="IPv6"),
        pytest.param(
            ["1 9 80 a.test.", "2 1 81 b.test."],
            {"a.test.": "10.0.0.1"},
            [("10.0.0.1", 80), ("b.test", 81)],
            id="every priority and weight counts the same",
        ),
        pytest.param(["0 0 0 ."], {}, None, id="decidedly not available"),
    ],
)
def test_records(
    records: list[str], hosts: dict[str, str], found: list[tuple[str, int]] | None
) -> None:
    async def scene() -> None:
        server = DnsServer({"hello.test.": records}, hosts)
        with server.listening():
            async with watched(namer_of(server)) as watch:
                watch.want(HELLO)
                assert addresses(await watch.answer(HELLO)) == found

    asyncio.run(scene())


def test_what_is_known_stays_while_the_server_fails_and_goes_when_it_says_so() -> None:
    async def scene() -> None:
        server = DnsServer({"hello.test.": ["0 0 80 a.test."]}, {"a.test.": "10.0.0.1"})
        with server.listening():
            namer = namer_of(server)
            async with watched(namer) as watch:
                watch.want(HELLO)
                await watch.answer(HELLO)
                server.failure = dns.rcode.SERVFAIL
                await server.asked(2)
                assert "SERVFAIL" in namer.state()[HELLO]["watch"]["error"]
                assert addresses(watch.published[-1][Path.read(HELLO)]) == [("10.0.0.1", 80)]
                server.failure = None
                del server.services["hello.test."]
                await watch.until(HELLO, lambda answer: answer == Missing())

    asyncio.run(scene())


def test_what_was_never_known_is_missing_until_the_server_answers() -> None:
    async def scene() -> None:
        server = DnsServer({"hello.test.": ["0 0 80 a.test."]}, failure=dns.rcode.REFUSED)
        with server.listening():
            async with watched(namer_of(server)) as watch:
                watch.want(HELLO)
                assert await watch.answer(HELLO) == Missing()
                server.failure = None
                await watch.until(HELLO, lambda answer: addresses(answer) == [("a.test", 80)])

    asyncio.run(scene())


def test_a_path_that_is_no_name_is_missing_and_asks_nothing() -> None:
    async def scene() -> None:
        server = DnsServer()
        with server.listening():
            async with watched(namer_of(server)) as watch:
                for path in ("/#/io.l5d.dnssrv", "/#/io.l5d.dnssrv/a..b", f"{PREFIX}/{'a' * 64}"):
                    watch.want(path)
                    assert await watch.answer(path) == Missing()
        assert server.questions == []

    asyncio.run(scene())


@pytest.mark.parametrize("host", ["a b", "a:b", "http://a", "", "[::1", "a:1:2 "])
def test_a_server_that_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(Exception, match="is not a host, or host:port"):
        read_linker(
            f"namers: [{{kind: io.l5d.dnssrv, dnsHosts: ['{host}']}}]\n"
            "routers: [{protocol: http, servers: [{port: 1}]}]",
            "linkerd.yaml",
        )

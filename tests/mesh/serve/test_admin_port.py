"""The admin port at edits of its section: it moves, or stays where it is."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.mesh.serve.authority import Authority

from clew.mesh.config.admin import Admin
from clew.mesh.config.tls import ServerTls
from clew.mesh.serve import listening
from clew.mesh.serve.admin_port import AdminPort, identifier_place
from clew.mesh.serve.certificates import BadCertificate
from clew.mesh.serve.listener_tls import ListenerTls
from clew.mesh.serve.listening import AppServer, PortError

OURS = Authority.new("ours")


def says(text: str) -> Starlette:
    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/", page)])


async def said(url: str) -> str:
    """Empty when nobody listens there."""
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).text
        except httpx.ConnectError:
            return ""


def test_it_moves_to_another_address_and_leaves_the_old_one() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        async with port.moving(Admin(ip="127.0.0.2", port=0)):
            assert await said(old) == "one"
        assert port.url.startswith("http://127.0.0.2:")
        assert (await said(old), await said(port.url)) == ("", "one")
        port.use(says("two"))
        assert await said(port.url) == "two"
        await port.stop()

    asyncio.run(scenario())


def test_it_stays_when_the_other_address_is_taken() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        with (
            socket.create_server(("127.0.0.1", 0)) as other,
            pytest.raises(PortError, match="already in use by another program"),
        ):
            async with port.moving(Admin(port=other.getsockname()[1])):
                pass
        assert port.url == old
        assert await said(old) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_it_stays_when_the_rest_of_the_edit_is_refused() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        with pytest.raises(ValueError, match="the rest"):
            async with port.moving(Admin(ip="127.0.0.2", port=0)):
                raise ValueError("the rest")
        assert port.url == old
        assert await said(old) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_an_edit_of_something_else_moves_nothing() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        old = port.url
        async with port.moving(Admin(port=0, shutdown_grace_ms=1)):
            pass
        assert port.url == old
        await port.stop()

    asyncio.run(scenario())


def test_it_speaks_tls_from_an_edit_on_and_plain_again_and_no_request_fails(
    tmp_path: Path,
) -> None:
    """Somebody who connects while it changes is answered, in the way of before or in that of after,
    and who is answered meanwhile is not cut off."""
    OURS.write(tmp_path / "ca.pem")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    secure = Admin(port=0, tls=signed(tmp_path))

    async def scenario() -> None:
        pages = Pages()
        port = AdminPort(Admin(port=0), pages.app)
        await port.start()
        plain = port.url
        async with httpx.AsyncClient(trust_env=False, verify=trusted) as client:
            slow = asyncio.create_task(client.get(f"{plain}/slow"))
            await pages.asked.wait()
            async with port.moving(secure):
                assert await said(plain) == "one"
            assert port.url == plain.replace("http:", "https:")
            assert (await client.get(port.url.replace("127.0.0.1", "localhost"))).text == "one"
            with pytest.raises(httpx.RemoteProtocolError):
                await said(plain)
            pages.go.set()
            assert (await slow).text == "slow"
        async with port.moving(Admin(port=0)):
            pass
        assert await said(plain) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_renewed_files_are_shown_to_the_next_and_broken_ones_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "POLL_SECONDS", 0.01)
    admin = Admin(port=0, tls=signed(tmp_path))

    async def scenario() -> None:
        port = AdminPort(admin, says("one"))
        await port.start()
        place = port.url.removeprefix("https://").rsplit(":", 1)

        async def shown() -> int:
            pem = await asyncio.to_thread(ssl.get_server_certificate, (place[0], int(place[1])))
            return x509.load_pem_x509_certificate(pem.encode()).serial_number

        first = await shown()
        (tmp_path / "a.key").write_text("no")
        await asyncio.sleep(0.05)
        assert await shown() == first
        renewed = OURS.sign(tmp_path, "a", "localhost")
        while await shown() != renewed:  # noqa: ASYNC110 - nobody tells when it is shown
            await asyncio.sleep(0)
        await port.stop()

    asyncio.run(scenario())


def test_an_edit_to_files_that_cannot_be_used_leaves_it_as_it_is(tmp_path: Path) -> None:
    broken = signed(tmp_path)
    (tmp_path / "a.pem").write_text("no")

    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"))
        await port.start()
        with pytest.raises(BadCertificate, match=r"a\.pem holds no certificate"):
            async with port.moving(Admin(port=0, tls=broken)):
                pass
        assert await said(port.url) == "one"
        await port.stop()

    asyncio.run(scenario())


def test_who_has_no_certificate_of_the_authority_is_not_let_in(tmp_path: Path) -> None:
    OURS.write(tmp_path / "ca.pem")
    OURS.sign(tmp_path, "operator", "operator")
    tls = signed(tmp_path, ca_cert_path=str(tmp_path / "ca.pem"), require_client_auth=True)

    async def scenario() -> None:
        port = AdminPort(Admin(port=0, tls=tls), says("one"))
        await port.start()
        url = port.url.replace("127.0.0.1", "localhost")
        for known in (False, True):
            trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            if known:
                trusted.load_cert_chain(tmp_path / "operator.pem", tmp_path / "operator.key")
            async with httpx.AsyncClient(trust_env=False, verify=trusted) as client:
                try:
                    assert ((await client.get(url)).text, known) == ("one", True)
                except (httpx.ReadError, httpx.RemoteProtocolError):
                    assert not known
        await port.stop()

    asyncio.run(scenario())


def test_the_last_of_two_changes_at_once_holds(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = AppServer("127.0.0.1", 0, says("one"), tls=ListenerTls(signed(tmp_path)))
        await server.start()
        await asyncio.gather(server.speak(ListenerTls(signed(tmp_path))), server.speak(None))
        for _ in range(5):
            assert await said(server.url) == "one"
        await server.stop()

    asyncio.run(scenario())


def test_a_port_in_use_is_named_by_its_key() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            port = AdminPort(Admin(http_identifier_port=taken), says("one"), identifier_place)
            with pytest.raises(PortError) as error:
                await port.start()
        assert error.value.hint == "stop it, or set admin.httpIdentifierPort to another one"

    asyncio.run(scenario())


def test_a_port_that_is_asked_for_and_no_more_comes_and_goes() -> None:
    async def scenario() -> None:
        port = AdminPort(Admin(port=0), says("one"), identifier_place)
        await port.start()
        assert port.url == ""
        async with port.moving(Admin(port=0, http_identifier_port=0)):
            pass
        there = port.url
        assert await said(there) == "one"
        async with port.moving(Admin(port=0)):
            assert await said(there) == "one"
        assert (port.url, await said(there)) == ("", "")
        await port.stop()

    asyncio.run(scenario())


class Pages:
    """``/`` says "one"; ``/slow`` waits until it may go."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.app = Starlette(routes=[*says("one").routes, Route("/slow", self._slow)])

    async def _slow(self, _: Request) -> PlainTextResponse:
        self.asked.set()
        await self.go.wait()
        return PlainTextResponse("slow")


def signed(directory: Path, **options: object) -> ServerTls:
    OURS.sign(directory, "a", "localhost")
    pair = {"cert_path": str(directory / "a.pem"), "key_path": str(directory / "a.key")}
    return ServerTls(**{**pair, **options})  # type: ignore[arg-type]  # as the keys need

"""tls: auto between two meshes of the real Envoy that share a directory and nothing else."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.serve.authority import Authority

from clew.mesh.authority.issue import new_root
from clew.mesh.authority.lives import Lives
from clew.mesh.authority.root import write_roots
from clew.mesh.config.authority import SECRET
from clew.mesh.serve.root_directory import FILE
from e2e.mesh_world import App, World, free_port, get, load, meanwhile, new_world, running, until

CALLER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
authority: AUTHORITY
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  interpreter: {{kind: default, transformers: [{{kind: io.l5d.port, port: WAY}}]}}
  servers: [{{port: {outgoing}}}]
  client: {{tls: auto, clientSession: {{lifeTimeMs: 300}}}}
"""
CALLED = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
authority: AUTHORITY
routers:
- protocol: http
  label: incoming
  dtab: /svc => /#/io.l5d.fs
  servers: [{{port: {outgoing}, tls: TLS}}]
"""
STRICT, PERMISSIVE = "auto", "{{kind: auto, permissive: true}}"
HELLO = b"GET / HTTP/1.1\r\nhost: hello\r\n\r\n"


@dataclass
class Nodes:
    """Two of them, and the wire between."""

    caller: World
    called: World
    directory: Path
    """In which their authority is, unless it is elsewhere."""
    way: int
    """The port at which the caller's requests come to the wire."""
    wire: list[bytes] = field(default_factory=list)
    """What was sent over it."""

    @property
    def port(self) -> int:
        """Of the server."""
        return self.called.ports["outgoing"]

    async def tap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while some := await reader.read(65536):
                self.wire.append(some)
                writer.write(some)
        except ConnectionError:
            pass
        finally:
            writer.close()


def nodes(directory: Path, tls: str, authority: str = "{{dir: DIR}}") -> Nodes:
    shared, way = directory / "authority", free_port()
    said = authority.replace("DIR", str(shared))

    def world(name: str, text: str) -> World:
        (directory / name).mkdir()
        filled = text.replace("AUTHORITY", said).replace("WAY", str(way)).replace("TLS", tls)
        return new_world(directory / name, filled)

    return Nodes(world("caller", CALLER), world("called", CALLED), shared, way)


@asynccontextmanager
async def both(here: Nodes, lives: Lives | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the caller; the application is behind the called one."""
    async with AsyncExitStack() as stack:
        wire = await asyncio.start_server(here.tap, "127.0.0.1", here.way)
        stack.callback(wire.close)
        here.caller.place("hello", "127.0.0.1 1")  # the transformer says which port
        await stack.enter_async_context(running(here.called, App("hello"), lives=lives))
        yield await stack.enter_async_context(running(here.caller, lives=lives))


async def about(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    url = f"http://127.0.0.1:{world.ports['admin']}/clew/authority.json"
    document: dict[str, Any] = (await client.get(url)).json()
    return document


async def plain(here: Nodes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(HELLO)
    try:
        return await reader.read(100)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def shown(here: Nodes, tls: ssl.SSLContext) -> bytes:
    """What a client with these certificates is answered; empty when it is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port, ssl=tls)
    try:
        writer.write(HELLO)
        return await reader.read(100)
    except (ssl.SSLError, ConnectionError):
        return b""
    finally:
        writer.close()


def careless(directory: Path | None = None) -> ssl.SSLContext:
    """Trusts anyone; shows a certificate of an authority of its own, if there is a directory."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if directory is not None:
        Authority.new("foreign").sign(directory, "foreign", "spiffe")
        context.load_cert_chain(directory / "foreign.pem", directory / "foreign.key")
    return context


def test_meshes_that_share_a_directory_talk_to_each_other_and_to_nobody_else(
    tmp_path: Path,
) -> None:
    here = nodes(tmp_path, STRICT)

    async def scenario() -> None:
        async with both(here) as client:
            response = await get(client, "hello", secret_word="swordfish")
            assert response.status_code == 200, response.text
            assert response.json()["headers"]["secret-word"] == "swordfish"
            wire = b"".join(here.wire)
            assert wire.startswith(b"\x16\x03")  # the handshake of TLS
            assert b"swordfish" not in wire
            assert await plain(here) == b""
            assert await shown(here, careless()) == b""
            assert await shown(here, careless(tmp_path)) == b""

    asyncio.run(scenario())


def test_a_mesh_of_another_authority_is_not_talked_to(tmp_path: Path) -> None:
    here = nodes(tmp_path, STRICT)
    here.caller.edit(str(here.directory), str(tmp_path / "other"))

    async def scenario() -> None:
        async with both(here) as client:
            response = await get(client, "hello")
            assert response.status_code == 502
            assert "CERTIFICATE_VERIFY_FAILED" in response.text
            assert here.called.apps["hello"].served == 0

    asyncio.run(scenario())


def test_a_permissive_server_takes_plain_text_too(tmp_path: Path) -> None:
    here = nodes(tmp_path, PERMISSIVE)

    async def scenario() -> None:
        async with both(here) as client:
            assert (await get(client, "hello")).status_code == 200
            assert b"".join(here.wire).startswith(b"\x16\x03")
            assert (await plain(here)).startswith(b"HTTP/1.1 200")
            assert await shown(here, careless(tmp_path)) == b""
            here.called.edit("{kind: auto, permissive: true}", "auto")

            async def refused() -> bool:
                return await plain(here) == b""

            await until(refused)
            assert (await get(client, "hello")).status_code == 200

    asyncio.run(scenario())


def test_meshes_that_share_a_secret_follow_it_also_when_it_is_made_anew(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(ApiServer()) as server:
            place = f"{{{{kind: io.clew.k8s, host: 127.0.0.1, port: {server.port}}}}}"
            here = nodes(tmp_path, STRICT, place)
            async with both(here) as client:
                assert (await get(client, "hello")).status_code == 200
                before = (await about(client, here.called))["leaf"]["issuer"]
                server.delete("secrets", "default", SECRET)

                async def both_follow() -> bool:
                    one, other = await about(client, here.caller), await about(client, here.called)
                    issuers = {one["leaf"]["issuer"], other["leaf"]["issuer"]}
                    return len(issuers) == 1 and before not in issuers

                async def answered() -> bool:
                    return (await get(client, "hello")).status_code == 200

                await until(both_follow)
                await until(answered)

    asyncio.run(scenario())


def test_a_running_mesh_comes_to_it_step_by_step_and_no_request_fails(tmp_path: Path) -> None:
    here = nodes(tmp_path, "null")
    here.caller.edit("client: {tls: auto, ", "client: {")

    async def scenario() -> None:
        seen: Counter[int] = Counter()
        async with both(here) as client:

            async def encrypted() -> bool:
                here.wire.clear()
                await asyncio.sleep(0.1)
                return any(some.startswith(b"\x16\x03") for some in here.wire)

            async def refused() -> bool:
                return await plain(here) == b""

            async def served(requests: int) -> None:
                done = seen.total() + requests

                async def enough() -> bool:
                    return seen.total() >= done

                await until(enough)

            async def steps() -> None:
                await served(20)
                assert not await encrypted()
                here.called.edit("tls: null", "tls: {kind: auto, permissive: true}")
                await until(partial(says, client, here.called, "permissive"))
                await served(50)
                here.caller.edit("client: {", "client: {tls: auto, ")
                await until(encrypted)
                await served(50)
                here.called.edit("tls: {kind: auto, permissive: true}", "tls: auto")
                await until(refused)
                await served(50)

            await meanwhile(steps(), [load(client, "hello", seen) for _ in range(2)])
        assert seen.keys() == {200}

    asyncio.run(scenario())


async def says(client: httpx.AsyncClient, world: World, how: str) -> bool:
    """Whether a server has come to this, as far as its mesh knows."""
    url = f"http://127.0.0.1:{world.ports['admin']}/clew/mesh.json"
    (router,) = (await client.get(url)).json()["routers"]
    return how in router["auto_tls"].values()


def test_certificates_and_then_the_root_are_renewed_under_load_and_no_request_fails(
    tmp_path: Path,
) -> None:
    here = nodes(tmp_path, STRICT)
    lives = Lives(root=3600, leaf=3, settle=3, skew=1)
    # two thirds of its life are over soon
    old = new_root(ec.generate_private_key(ec.SECP256R1()), time.time(), Lives(root=9), "clew")
    first = f"{old.certificate.serial_number:x}"
    here.directory.mkdir(mode=0o700)
    (here.directory / FILE).touch(mode=0o600)
    (here.directory / FILE).write_bytes(write_roots([old]))

    async def scenario() -> None:
        seen: Counter[int] = Counter()
        async with both(here, lives) as client:

            async def leaves() -> list[Any]:
                return [(await about(client, each))["leaf"] for each in (here.caller, here.called)]

            async def renewal() -> None:
                serials = {each["serial"] for each in await leaves()}

                async def leaves_are_others() -> bool:
                    return all(each["serial"] not in serials for each in await leaves())

                async def next_root_signs() -> bool:
                    return all(each["issuer"] != first for each in await leaves())

                async def more_requests() -> bool:
                    return seen[200] >= done

                await until(leaves_are_others)
                await until(next_root_signs)
                await until(lambda: time.time() > old.ends)
                done = seen[200] + 50
                await until(more_requests)

            await meanwhile(renewal(), [load(client, "hello", seen) for _ in range(2)])
            one, other = await leaves()
            assert one["issuer"] == other["issuer"] != first
        assert seen.keys() == {200}

    asyncio.run(scenario())


def test_an_edit_brings_it_and_a_bad_directory_is_refused_with_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = nodes(tmp_path, STRICT).called
    world.edit(", tls: auto", "")
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert (await get(client, "hello")).status_code == 200
            text = world.file.read_text()
            port = f"port: {world.ports['outgoing']}"
            bad = text.replace(str(tmp_path / "authority"), str(open_to_all))
            world.file.write_text(bad.replace(port, f"{port}, tls: auto"))
            await until(lambda: any("chmod 700" in message for message in caplog.messages))
            assert (await get(client, "hello")).status_code == 200
            world.file.write_text(text.replace(port, f"{port}, tls: auto"))

            async def secured() -> bool:
                with suppress(httpx.TransportError):
                    await get(client, "hello")
                    return False
                return True

            await until(secured)
            assert (await about(client, world))["leaf"]["ends"] / 1000 > time.time()

    asyncio.run(scenario())

"""The namer of a namerd, against a namerd of clew's, and against lines as Linkerd's writes them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as File

import httpx
import pytest
from tests.mesh.namerd.world import MEMORY, namerd
from tests.mesh.namers.watching import Watched, watched
from tests.mesh.serve.authority import Authority

from clew.mesh.config.linker import read_linker
from clew.mesh.namers import Namer, namerd_http
from clew.mesh.namers.namerd import Namerd
from clew.mesh.namers.namerd_http import NamerdHttp
from clew.mesh.namers.registry import build
from clew.mesh.naming.answer import Answer, BoundTree, Broken, bounds
from clew.mesh.naming.bound import Address, Addresses
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Neg, Union
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName, remote_root

ROOT = remote_root("outgoing")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namerd_http, "REFUSED_SECONDS", 0.05)


def asked(name: str, dtab: str = "") -> str:
    return str(RemoteName(Dtab.read(dtab), Path.read(name)).under(ROOT))


def namer_of(url: str) -> Namer:
    return Namerd(ROOT, NamerdHttp(url, "default", 0.05, 0.1))


def addresses(answer: Answer) -> list[str]:
    """With the id of each bound name in front."""
    return [
        f"{bound.id} {address}"
        for bound in bounds(answer)
        if isinstance(bound.addr, Addresses)
        for address in sorted(bound.addr.members)
    ]


def with_files(directory: File, **services: str) -> str:
    for name, lines in services.items():
        (directory / name).write_text(lines)
    return f"{MEMORY}namers: [{{kind: io.l5d.fs, rootDir: {directory}}}]\n"


@asynccontextmanager
async def world(directory: File) -> AsyncIterator[tuple[httpx.AsyncClient, Watched]]:
    """A client of a namerd, and a namer that asks it."""
    text = with_files(directory, v1="127.0.0.1 81", v2="127.0.0.1 82")
    async with (
        namerd(text) as (client, where),
        watched(namer_of(where.controllers[0])) as watch,
    ):
        yield client, watch


async def put(client: httpx.AsyncClient, dtab: str) -> None:
    headers = {"content-type": "application/dtab"}
    done = await client.put("/api/1/dtabs/default", content=dtab, headers=headers)
    assert done.status_code == httpx.codes.NO_CONTENT


def test_a_name_follows_the_dtab_and_its_addresses(tmp_path: File) -> None:
    async def scene() -> None:
        async with world(tmp_path) as (client, watch):
            watch.want(asked("/svc/v1/rest"), asked("/svc/none"))
            answer = await watch.answer(asked("/svc/v1/rest"))
            assert addresses(answer) == ["/#/io.l5d.fs/v1 127.0.0.1:81"]
            (bound,) = bounds(answer)
            assert str(bound.residual) == "/rest"
            assert await watch.answer(asked("/svc/none")) == BoundTree(Neg())

            (tmp_path / "v1").write_text("127.0.0.1 83")
            await watch.until(
                asked("/svc/v1/rest"),
                lambda answer: addresses(answer) == ["/#/io.l5d.fs/v1 127.0.0.1:83"],
            )
            await put(client, "/svc => /#/io.l5d.fs/v2")
            await watch.until(
                asked("/svc/v1/rest"),
                lambda answer: addresses(answer) == ["/#/io.l5d.fs/v2 127.0.0.1:82"],
            )

    asyncio.run(scene())


def test_a_table_goes_along_with_the_name_and_its_weights_too(tmp_path: File) -> None:
    async def scene() -> None:
        async with world(tmp_path) as (_, watch):
            path = asked("/svc/web", "/svc/web => 0.999 * /svc/v1 & 0.001 * /svc/v2")
            watch.want(path)
            answer = await watch.answer(path)
            assert isinstance(answer, BoundTree)
            assert isinstance(answer.tree, Union)
            assert [branch.weight for branch in answer.tree.branches] == [0.999, 0.001]

    asyncio.run(scene())


def test_what_namerd_says_is_wrong_is_said_until_it_is_right(tmp_path: File) -> None:
    async def scene() -> None:
        async with world(tmp_path) as (client, watch):
            await put(client, "/svc => /$/no.such")
            watch.want(asked("/svc/web"))
            answer = await watch.answer(asked("/svc/web"))
            assert answer == Broken("Unknown namer: no.such for path: /$/no.such/web")
            await put(client, "/svc => /#/io.l5d.fs/v1")
            good = await watch.until(asked("/svc/web"), lambda a: isinstance(a, BoundTree))
            # of a name that is known, what was good stays
            await put(client, "/svc => /$/no.such")
            await asyncio.sleep(0.2)
            assert watch.published[-1][Path.read(asked("/svc/web"))] == good

    asyncio.run(scene())


def test_what_is_known_stays_while_namerd_is_away_and_it_is_found_again(
    tmp_path: File, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "clew.mesh.namers.namerd")
    text = with_files(tmp_path, v1="127.0.0.1 81", v2="127.0.0.1 82")

    async def scene() -> None:
        async with namerd(text) as (_, where):
            url = where.controllers[0]
            running = watched(namer_of(url))
            watch = await running.__aenter__()
            watch.want(asked("/svc/v1"))
            good = await watch.answer(asked("/svc/v1"))
        watch.want(asked("/svc/v1"), asked("/svc/v2"))
        await asyncio.sleep(0.3)
        assert watch.published[-1] == {Path.read(asked("/svc/v1")): good}
        again = text.replace(
            "httpController, port: 0", f"httpController, port: {url.split(':')[-1]}"
        )
        async with namerd(again) as (client, _):
            await watch.answer(asked("/svc/v2"))
            await put(client, "/svc/v1 => /#/io.l5d.fs/v2")
            await watch.until(asked("/svc/v1"), lambda answer: answer != good)
            await running.__aexit__(None, None, None)

    asyncio.run(scene())
    away, back = caplog.messages[0], caplog.messages[-1]
    assert "what is known goes on" in away
    assert back.endswith(" answers")


def test_addresses_that_linkerds_namerd_tells_apart_from_the_tree() -> None:
    """It writes a tree once, however its addresses change."""
    leaf = (
        '{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"10.0.0.1","port":80,'
        '"meta":{}}],"meta":{}},"id":"/#/io.l5d.fs/web","path":"/"}}\n'
    )
    later = (
        '{"type":"bound","addrs":[{"ip":"10.0.0.2","port":80,"meta":{"nodeName":"n",'
        '"endpoint_addr_weight":2.0}}],"meta":{}}\n'
    )

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line = leaf if "/bind/" in head else later
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(f"{len(line):x}\r\n{line}\r\n".encode())
        await reader.read()
        writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with watched(namer_of(f"http://127.0.0.1:{port}")) as watch:
                watch.want(asked("/svc/web"))
                answer = await watch.until(
                    asked("/svc/web"), lambda answer: "10.0.0.2" in str(addresses(answer))
                )
                (bound,) = bounds(answer)
                assert bound.addr == Addresses(frozenset({Address("10.0.0.2", 80, 2.0, "n")}))
                assert set(watch.namer.state()) == {"names", "addresses"}

    asyncio.run(scene())


def test_each_router_with_a_namerd_has_a_namer() -> None:
    linker = read_linker(
        """
routers:
- protocol: http
  label: outgoing
  interpreter: {kind: io.l5d.namerd.http, dst: /$/inet/namerd/4180, namespace: web}
  servers: [{port: 1}]
- {protocol: http, label: incoming, servers: [{port: 2}]}
""",
        "linkerd.yml",
    )
    assert [namer.prefix for namer in build(linker)] == [ROOT]


def test_a_namerd_behind_tls_is_followed_and_shown_a_certificate(tmp_path: File) -> None:
    authority = Authority.new("ours")
    authority.write(tmp_path / "ca.pem")
    for name in ("namerd", "mesh"):
        authority.sign(tmp_path, name, name)
    (tmp_path / "disco").mkdir()
    text = with_files(tmp_path / "disco", v1="127.0.0.1 81").replace(
        "port: 0}]",
        f"port: 0, tls: {{certPath: {tmp_path}/namerd.pem, keyPath: {tmp_path}/namerd.key, "
        f"caCertPath: {tmp_path}/ca.pem, requireClientAuth: true}}}}]",
    )
    pair = f"certPath: {tmp_path}/namerd.pem, keyPath: {tmp_path}/namerd.key"
    text = text.replace("admin: {port: 0}", f"admin: {{port: 0, tls: {{{pair}}}}}")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))

    async def scene() -> None:
        async with namerd(text) as (_, where):
            port = where.controllers[0].removeprefix("https://127.0.0.1:")
            async with httpx.AsyncClient(verify=trusted, trust_env=False) as operator:
                name = {"sni_hostname": "namerd"}
                ping = await operator.get(f"{where.admin}/admin/ping", extensions=name)
                assert ping.text == "pong"
            linker = read_linker(
                f"""
routers:
- protocol: http
  label: outgoing
  interpreter:
    kind: io.l5d.namerd.http
    dst: /$/inet/127.0.0.1/{port}
    tls:
      commonName: namerd
      trustCerts: [{tmp_path}/ca.pem]
      clientAuth: {{certPath: {tmp_path}/mesh.pem, keyPath: {tmp_path}/mesh.key}}
  servers: [{{}}]
""",
                "linkerd.yml",
            )
            (namer,) = build(linker)
            async with watched(namer) as watch:
                watch.want(asked("/svc/v1"))
                answer = await watch.answer(asked("/svc/v1"))
                assert addresses(answer) == ["/#/io.l5d.fs/v1 127.0.0.1:81"]

    asyncio.run(scene())

"""A mesh whose names a namerd binds: its dtab changes, it goes and comes back, requests go on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.serve.authority import Authority

from e2e.mesh_world import App, World, free_port, get, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  interpreter:
    kind: io.l5d.namerd.http
    dst: /$/inet/127.0.0.1/NAMERD
    retry: {{baseSeconds: 1, maxSeconds: 1}}
  servers: [{{port: {outgoing}}}]
- protocol: http
  label: incoming
  dtab: /svc => /$/inet/127.0.0.1/1
  servers: [{{port: {incoming}}}]
"""
NAMERD = """
storage: {{kind: io.clew.fs, directory: {directory}/dtabs}}
namers: [{{kind: io.l5d.fs, rootDir: {directory}/disco}}]
interfaces: [{{kind: io.l5d.httpController, port: {port}}}]
admin: {{port: 0}}
"""
A_SECOND = 1.0
PAUSE = 0.01
"""Seconds between requests of a steady pace."""


class Node:
    """The files of a mesh and of the namerd beside it."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.world: World = new_world(directory, LINKER.replace("NAMERD", str(self.port)))
        self.file = directory / "namerd.yml"
        self.file.write_text(NAMERD.format(directory=directory, port=self.port))
        self.url = f"http://127.0.0.1:{self.port}"
        (directory / "dtabs").mkdir()
        (directory / "dtabs/default.dtab").write_text("/svc => /#/io.l5d.fs; /svc/web => /svc/v1")

    def keep_in_kubernetes(self, api: ApiServer) -> None:
        """Instead of in files."""
        storage = f"{{kind: io.l5d.k8s, host: 127.0.0.1, port: {api.port}, namespace: mesh}}"
        text = self.file.read_text()
        self.file.write_text(re.sub("storage: .*", f"storage: {storage}", text))

    def behind_tls(self) -> list[str]:
        """namerd is ``localhost``, and who asks it must have a certificate. Returns the options of
        ``clew dtab`` for that.
        """
        directory, authority = self.file.parent, Authority.new("ours")
        authority.write(directory / "ca.pem")
        for name in ("localhost", "mesh"):
            authority.sign(directory, name, name)
        pair = f"certPath: {directory}/NAME.pem, keyPath: {directory}/NAME.key"
        asks = f"caCertPath: {directory}/ca.pem, requireClientAuth: true"
        tls = f"tls: {{{pair.replace('NAME', 'localhost')}, {asks}}}"
        text = self.file.read_text()
        self.file.write_text(text.replace(f"port: {self.port}}}", f"port: {self.port}, {tls}}}"))
        trusts = f"commonName: localhost, trustCertsBundle: {directory}/ca.pem"
        auth = f"clientAuth: {{{pair.replace('NAME', 'mesh')}}}"
        self.world.edit("    retry:", f"    tls: {{{trusts}, {auth}}}\n    retry:")
        self.url = f"https://localhost:{self.port}"
        files = {"--ca": "ca.pem", "--cert": "mesh.pem", "--key": "mesh.key"}
        return [word for option, file in files.items() for word in (option, f"{directory}/{file}")]

    @asynccontextmanager
    async def namerd(self) -> AsyncIterator[Process]:
        """Running; it may be killed meanwhile."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clew", "namerd", str(self.file), stdout=PIPE
        )
        try:
            assert process.stdout
            assert (await process.stdout.readline()).startswith(b"namerd http")
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.communicate()

    async def dtab(self, *words: str, stdin: str = "") -> str:
        """``clew dtab …``"""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "clew", "dtab", *words),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "NAMERCTL_BASE_URL": self.url},
        )
        said, _ = await process.communicate(stdin.encode())
        assert process.returncode == 0
        return said.decode()


@asynccontextmanager
async def steady(client: httpx.AsyncClient) -> AsyncIterator[Counter[str]]:
    """Requests for ``web``, by who answers; at the end none has failed."""
    seen: Counter[str] = Counter()

    async def ask() -> None:
        while True:
            answer = await get(client, "web")
            ok = answer.status_code == httpx.codes.OK
            seen[answer.json()["app"] if ok else f"{answer.status_code} {answer.text}"] += 1
            await asyncio.sleep(PAUSE)

    asking = asyncio.create_task(ask())
    try:
        yield seen
    finally:
        asking.cancel()
        await asyncio.wait([asking])
    assert set(seen) <= {"v1", "v2", "v3"}


def test_a_dtab_that_is_put_is_followed_within_a_second_without_a_failed_request(
    tmp_path: Path,
) -> None:
    node = Node(tmp_path)

    async def scenario() -> None:
        async with node.namerd(), running(node.world, App("v1"), App("v2")) as client:
            async with steady(client) as seen:
                await until(lambda: seen["v1"])
                said = await node.dtab(
                    "put", "default", "-", stdin="/svc => /#/io.l5d.fs; /svc/web => /svc/v2"
                )
                put = time.monotonic()
                assert said == "Updated default\n"
                await until(lambda: seen["v2"])
                assert time.monotonic() - put < A_SECOND
                before = seen["v1"]
                await until(lambda: seen["v2"] > 20)
                assert seen["v1"] == before
            # the request's own table goes along, and wins
            answer = await get(client, "web", l5d_dtab="/svc/web => /#/io.l5d.fs/v1")
            assert answer.json()["app"] == "v1"
            assert answer.headers.get("l5d-err") is None
            admin = f"http://127.0.0.1:{node.world.ports['admin']}"
            tree = (
                await client.get(f"{admin}/delegator.json?namespace=outgoing&path=/svc/web")
            ).json()
            assert "/#/io.l5d.fs/v2" in str(tree)
            names = (await client.get(f"{admin}/bound-names.json")).json()
            assert "/#/io.l5d.fs/v2" in names

    asyncio.run(scenario())


def test_known_names_go_on_while_namerd_is_dead_and_it_is_followed_again(tmp_path: Path) -> None:
    node = Node(tmp_path)

    async def scenario() -> None:
        async with running(node.world, App("v1"), App("v2"), App("v3")) as client:
            async with node.namerd() as namerd, steady(client) as seen:
                await until(lambda: seen["v1"])
                namerd.kill()
                await namerd.wait()
                until_now = seen["v1"]
                await until(lambda: seen["v1"] > until_now + 50)
            unknown = asyncio.create_task(get(client, "v3"))
            async with steady(client) as seen:
                node.file.parent.joinpath("dtabs/default.dtab").write_text(
                    "/svc => /#/io.l5d.fs; /svc/web => /svc/v2"
                )
                async with node.namerd():
                    await until(lambda: seen["v2"])
                    # what waited for namerd is answered
                    assert (await unknown).json()["app"] == "v3"

    asyncio.run(scenario())


def dentries(web: str) -> list[dict[str, str]]:
    return [{"prefix": "/svc", "dst": "/#/io.l5d.fs"}, {"prefix": "/svc/web", "dst": web}]


def test_an_edited_object_of_kubernetes_moves_traffic_and_costs_no_request(tmp_path: Path) -> None:
    """By a namerd behind TLS."""
    node = Node(tmp_path)
    secure = node.behind_tls()

    async def scenario() -> None:
        async with served(ApiServer()) as api:
            node.keep_in_kubernetes(api)
            api.put("dtabs", "mesh", "default", dentries=dentries("/svc/v1"))
            async with node.namerd(), running(node.world, App("v1"), App("v2")) as client:
                async with steady(client) as seen:
                    await until(lambda: seen["v1"])
                    api.put("dtabs", "mesh", "default", dentries=dentries("/svc/v2"))
                    await until(lambda: seen["v2"])
                    # what is no dtab changes nothing
                    api.put("dtabs", "mesh", "default", dentries=dentries("nowhere"))
                    before = seen["v1"]
                    await until(lambda: seen["v2"] > 20)
                    assert seen["v1"] == before
                    back = "/svc => /#/io.l5d.fs; /svc/web => /svc/v1"
                    await node.dtab("put", "default", "-", *secure, stdin=back)
                    await until(lambda: seen["v1"] > before)
                assert "/svc/web => /svc/v1" in await node.dtab("get", "default", *secure)

    asyncio.run(scenario())

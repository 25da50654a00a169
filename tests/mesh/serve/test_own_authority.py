from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.namers.watching import eventually

from clew.mesh.authority.root import AuthorityError
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.serve.own_authority import OwnAuthority
from clew.mesh.serve.root_directory import FILE
from clew.metrics import exposition, new_registry

PLAIN = "routers: [{protocol: http, servers: [{}]}]"
AUTO = "routers: [{protocol: http, servers: [{tls: auto}]}]\nauthority: "


def linker(text: str) -> Linker:
    return read_linker(text, "linkerd.yml")


def in_directory(directory: Path) -> Linker:
    return linker(f"{AUTO}{{dir: {directory}}}")


class Mesh:
    """What a mesh has of it."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self.changes = 0
        self.authority = OwnAuthority(self._changed, self.registry)

    def _changed(self) -> None:
        self.changes += 1

    async def edit(self, linker: Linker) -> None:
        async with self.authority.opening(linker) as opened:
            pass
        await self.authority.use(opened)

    def left(self) -> list[float]:
        """The days in its metrics."""
        lines = exposition(self.registry).decode().splitlines()
        found = [line for line in lines if line.startswith("clew_mesh_certificate_seconds")]
        return [round(float(line.rpartition(" ")[2]) / 86_400, 1) for line in found]


@asynccontextmanager
async def started(linker: Linker) -> AsyncIterator[Mesh]:
    mesh = Mesh()
    try:
        await mesh.authority.start(linker)
        yield mesh
    finally:
        await mesh.authority.stop()


def test_who_does_not_use_it_gets_none_and_no_directory_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    async def scene() -> None:
        async with started(linker(PLAIN)) as mesh:
            assert mesh.authority.secrets == {}
            assert mesh.authority.pages() == {}
            assert mesh.left() == []

    asyncio.run(scene())
    assert not list(tmp_path.iterdir())


def test_the_users_own_directory_is_taken_when_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    async def scene() -> None:
        async with started(linker(f"{AUTO}{{}}")) as mesh:
            assert len(mesh.authority.secrets) == 2
            assert mesh.left() == [1.0, 365.0]

    asyncio.run(scene())
    assert (tmp_path / "clew/authority" / FILE).exists()


def test_edits_bring_it_keep_it_move_it_and_take_it_away(tmp_path: Path) -> None:
    async def scene() -> None:
        async with started(linker(PLAIN)) as mesh:
            await mesh.edit(in_directory(tmp_path / "a"))
            first = mesh.authority.secrets
            await mesh.edit(in_directory(tmp_path / "a"))
            assert mesh.authority.secrets == first
            await mesh.edit(in_directory(tmp_path / "b"))
            (page,) = mesh.authority.pages().values()
            assert page()["place"] == str(tmp_path / "b" / FILE)
            assert mesh.authority.secrets != first
            await mesh.edit(linker(PLAIN))
            assert mesh.authority.secrets == {}
            assert mesh.left() == []

    asyncio.run(scene())


def test_an_edit_to_a_bad_directory_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir(mode=0o755)

    async def scene() -> None:
        async with started(in_directory(tmp_path / "a")) as mesh:
            before = mesh.authority.secrets
            with pytest.raises(AuthorityError, match="chmod 700"):
                await mesh.edit(in_directory(tmp_path / "bad"))
            assert mesh.authority.secrets == before

    asyncio.run(scene())


def test_a_mesh_does_not_start_on_a_bad_directory(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir(mode=0o755)

    async def scene() -> None:
        async with started(in_directory(tmp_path / "bad")):
            pass

    with pytest.raises(AuthorityError, match="chmod 700"):
        asyncio.run(scene())


def test_a_secret_that_may_not_be_read_yet_is_waited_for_at_start_and_refused_in_an_edit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("clew.mesh.serve.identity.RETRY_SECONDS", 0.05)

    async def scene() -> None:
        server = ApiServer()
        server.faults.forbid.add("secrets")
        async with served(server):
            file = f"{AUTO}{{kind: io.clew.k8s, host: 127.0.0.1, port: {server.port}}}"
            async with started(linker(file)) as mesh:
                assert mesh.authority.secrets == {}
                assert mesh.left() == [0.0, 0.0]
                server.faults.forbid.clear()
                await eventually(lambda: len(mesh.authority.secrets) == 2)
                await eventually(lambda: mesh.changes == 1)
            server.faults.forbid.add("secrets")
            async with started(linker(PLAIN)) as mesh:
                with pytest.raises(AuthorityError, match="the right to get, list, watch"):
                    await mesh.edit(linker(file))

    asyncio.run(scene())
    assert "the right to get, list, watch and update" in caplog.text

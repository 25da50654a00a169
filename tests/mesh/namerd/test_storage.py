"""What every storage does, held against those that there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from clew.mesh.namerd.directory import Directory, NoSuchDirectory
from clew.mesh.namerd.memory import InMemory
from clew.mesh.namerd.storage import (
    NamespaceExists,
    NoSuchNamespace,
    Outdated,
    Storage,
    StorageRefused,
    Stored,
)
from clew.mesh.naming.dtab import Dtab

A, B = Dtab.read("/svc => /a"), Dtab.read("/svc => 0.001 * /a & 0.999 * /b ; /x/* => !")
PATIENCE_S = 20


def shown(storage: Storage) -> dict[str, str]:
    return {name: stored.dtab.exact for name, stored in (storage.dtabs or {}).items()}


@pytest.fixture(params=["memory", "directory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "memory":
        return InMemory({"default": A})
    (tmp_path / "default.dtab").write_text("# by hand\n/svc => /a ;\n")
    return Directory(str(tmp_path))


def test_namespaces_come_change_and_go(storage: Storage) -> None:
    async def scene() -> None:
        assert shown(storage) == {"default": "/svc=>/a"}
        await storage.create("other", B)
        assert shown(storage)["other"] == B.exact
        await storage.update("other", A, None)
        await storage.update("new", A, None)
        await storage.delete("default")
        assert shown(storage) == {"other": A.exact, "new": A.exact}

    asyncio.run(scene())


def test_a_version_is_of_a_content(storage: Storage) -> None:
    async def scene() -> None:
        assert storage.dtabs is not None
        before = storage.dtabs["default"].version
        assert before == Stored.of(A).version
        await storage.update("default", B, before)
        assert storage.dtabs["default"].version != before
        with pytest.raises(Outdated):
            await storage.update("default", A, before)
        assert shown(storage)["default"] == B.exact

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda storage: storage.create("default", B), NamespaceExists),
        (lambda storage: storage.update("none", B, "some"), NoSuchNamespace),
        (lambda storage: storage.delete("none"), NoSuchNamespace),
    ],
)
def test_what_is_refused_changes_nothing(
    storage: Storage, change: Callable[[Storage], Awaitable[None]], error: type[Exception]
) -> None:
    async def scene() -> None:
        with pytest.raises(error):
            await change(storage)
        assert shown(storage) == {"default": "/svc=>/a"}

    asyncio.run(scene())


def test_changes_are_told(storage: Storage) -> None:
    async def scene() -> None:
        changed = asyncio.Event()
        running = asyncio.create_task(storage.run(changed.set))
        await asyncio.sleep(0)
        await storage.create("other", B)
        async with asyncio.timeout(PATIENCE_S):
            await changed.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(scene())


def test_an_edit_by_hand_shows_and_a_bad_one_leaves_what_was_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "default.dtab"
    file.write_text("/svc => /a")

    async def scene() -> None:
        storage = Directory(str(tmp_path))
        changed = asyncio.Event()
        running = asyncio.create_task(storage.run(changed.set))
        file.write_text("/svc => /b")
        async with asyncio.timeout(PATIENCE_S):
            await changed.wait()
        assert shown(storage) == {"default": "/svc=>/b"}
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

        file.write_text("/svc = /c")
        (tmp_path / "bad.dtab").write_text("/a")
        (tmp_path / ".draft.dtab").write_text("/a => /b")
        await storage.look()
        assert shown(storage) == {"default": "/svc=>/b"}
        await storage.update("default", A, None)
        assert file.read_text() == "/svc => /a ;\n"
        file.unlink()
        await storage.look()
        assert shown(storage) == {}

    asyncio.run(scene())
    bad, kept = sorted(caplog.messages)
    assert bad.startswith(f"{tmp_path}/bad.dtab:1: ")
    assert bad.endswith("no such dtab until then")
    assert kept.startswith(f"{file}:1: ")
    assert kept.endswith("the last good dtab stays")


def test_a_change_by_hand_is_seen_before_a_version_is_compared(tmp_path: Path) -> None:
    async def scene() -> None:
        (tmp_path / "default.dtab").write_text("/svc => /a")
        storage = Directory(str(tmp_path))
        before = storage.dtabs["default"].version
        (tmp_path / "default.dtab").write_text("/svc => /b")
        with pytest.raises(Outdated):
            await storage.update("default", B, before)

    asyncio.run(scene())


def test_nothing_but_whole_files_is_left(tmp_path: Path) -> None:
    async def scene() -> None:
        storage = Directory(str(tmp_path))
        await storage.create("default", B)
        with pytest.raises(NamespaceExists):
            await storage.create("default", A)

    asyncio.run(scene())
    assert [file.name for file in tmp_path.iterdir()] == ["default.dtab"]
    assert Dtab.read((tmp_path / "default.dtab").read_text()) == B


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden", "x" * 300])
def test_names_that_are_no_files_are_refused(tmp_path: Path, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(StorageRefused):
            await Directory(str(tmp_path)).create(name, A)

    asyncio.run(scene())
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_goes_takes_no_dtabs_along(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "dtabs"
    place.mkdir()

    async def scene() -> None:
        storage = Directory(str(place))
        await storage.create("default", A)
        (place / "default.dtab").unlink()
        place.rmdir()
        await storage.look()
        await storage.look()
        assert shown(storage) == {"default": "/svc=>/a"}
        with pytest.raises(StorageRefused, match="cannot be written: No such file"):
            await storage.update("default", B, None)

    asyncio.run(scene())
    assert caplog.messages == [f"{place} is gone; the last dtabs stay"]


def test_a_directory_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchDirectory, match="is not a directory"):
        Directory(str(tmp_path / "none"))

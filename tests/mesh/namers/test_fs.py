from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Sequence
from pathlib import Path as File
from typing import NoReturn

import pytest
from tests.mesh.namers.contract import ONE, TWO, NamerContract, addresses
from tests.mesh.namers.watching import watched

from clew.mesh.namers import Namer, fs
from clew.mesh.namers.fs import Fs
from clew.mesh.naming.answer import Answer, Broken, Missing
from clew.mesh.naming.bound import AddrFailed, Bound
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/io.l5d.fs")


class TestFs(NamerContract):
    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: File) -> None:
        self.root = tmp_path

    def new_namer(self) -> Namer:
        return Fs(str(self.root), PREFIX)

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        (self.root / name).write_text("".join(f"{host} {port}\n" for host, port in endpoints))

    def remove(self, name: str) -> None:
        (self.root / name).unlink()


@pytest.fixture
def disco(tmp_path: File) -> File:
    directory = tmp_path / "disco"
    directory.mkdir()
    return directory


def answer_of(disco: File, path: str) -> Answer:
    async def scene() -> Answer:
        namer = Fs(str(disco), PREFIX)
        async with watched(namer) as watch:
            watch.want(path)
            return await watch.answer(path)

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("path", "id", "residual"),
    [
        ("/#/io.l5d.fs/web", "/#/io.l5d.fs/web", "/"),
        ("/#/io.l5d.fs/web/a/b", "/#/io.l5d.fs/web", "/a/b"),
        ("/#/io.l5d.fs/team/api", "/#/io.l5d.fs/team/api", "/"),
        ("/#/io.l5d.fs/team/api/x", "/#/io.l5d.fs/team/api", "/x"),
        (r"/#/io.l5d.fs/\x61\x20\x62", r"/#/io.l5d.fs/\x61\x20\x62", "/"),
    ],
)
def test_directories_are_walked_one_segment_each(
    disco: File, path: str, id: str, residual: str
) -> None:
    (disco / "team").mkdir()
    for file in ("web", "team/api", "a b"):
        (disco / file).write_text("10.0.0.1 8080")
    answer = answer_of(disco, path)
    assert isinstance(answer, Bound)
    assert (str(answer.id), str(answer.residual)) == (id, residual)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/#/io.l5d.fs/nope", id="no such file"),
        pytest.param("/#/io.l5d.fs", id="no file named at all"),
        pytest.param("/#/io.l5d.fs/team", id="a directory"),
        pytest.param("/#/io.l5d.fs/../secret", id="the directory above"),
        pytest.param("/#/io.l5d.fs/team/../../secret", id="above, by a way through"),
        pytest.param("/#/io.l5d.fs/./web", id="the directory itself"),
        pytest.param(r"/#/io.l5d.fs/\x2e\x2e\x2fsecret", id="a slash inside a segment"),
        pytest.param(r"/#/io.l5d.fs/web\x00", id="a zero byte"),
        pytest.param("/#/io.l5d.fs/" + "a" * 300, id="a name too long for a file"),
        pytest.param("/#/io.l5d.fs/pipe", id="neither file nor directory"),
        pytest.param("/#/io.l5d.fs/loop", id="a link to itself"),
    ],
)
def test_is_missing(disco: File, path: str) -> None:
    (disco.parent / "secret").write_text("10.0.0.1 1")
    (disco / "web").write_text("10.0.0.1 1")
    (disco / "team").mkdir()
    os.mkfifo(disco / "pipe")
    (disco / "loop").symlink_to("loop")
    assert answer_of(disco, path) == Missing()


def test_a_wrong_line_fails_the_whole_file_and_is_named(disco: File) -> None:
    (disco / "web").write_text("10.0.0.1 8080\n10.0.0.2 http\n")
    answer = answer_of(disco, "/#/io.l5d.fs/web")
    assert isinstance(answer, Bound)
    assert isinstance(answer.addr, AddrFailed)
    assert answer.addr.cause.startswith(f"{disco}/web:2: malformed address: 10.0.0.2 http")


def test_renames_links_and_edits_in_place_are_seen(disco: File) -> None:
    async def scene() -> None:
        (disco / "web").write_text("10.0.0.1 8080")
        async with watched(Fs(str(disco), PREFIX)) as watch:
            web = "/#/io.l5d.fs/web"
            watch.want(web)
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            (disco / ".web.new").write_text("10.0.0.2 8080")
            (disco / ".web.new").rename(disco / "web")
            await watch.until(web, lambda answer: addresses(answer) == [TWO])
            (disco / "web").rename(disco / "old")
            await watch.until(web, lambda answer: answer == Missing())
            (disco / "data").mkdir()
            (disco / "data" / "web").write_text("10.0.0.1 8080")
            (disco / "web").symlink_to("data/web")
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            # same size, same moment: only reading it again tells
            (disco / "data" / "web").write_text("10.0.0.2 8080")
            await watch.until(web, lambda answer: addresses(answer) == [TWO])

    asyncio.run(scene())


def make(directory: File, *files: str) -> None:
    directory.mkdir()
    for file in files:
        (directory / file).write_text("10.0.0.2 8080")


def remove(directory: File) -> None:
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()


def swap(directory: File, other: File) -> None:
    directory.rename(directory.with_name("old"))
    other.rename(directory)


def test_a_directory_that_goes_and_comes_back_keeps_its_last_addresses(
    disco: File, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        (disco / "web").write_text("10.0.0.1 8080")
        async with watched(Fs(str(disco), PREFIX)) as watch:
            web, api = "/#/io.l5d.fs/web", "/#/io.l5d.fs/api"
            watch.want(web)
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            remove(disco)
            watch.want(web, api)
            answer = await watch.answer(api)
            assert answer == Broken(f"{disco}: no such directory")
            before = len(watch.published)
            make(disco, "web", "api")
            await watch.until(web, lambda answer: addresses(answer) == [TWO])
            await watch.until(api, lambda answer: addresses(answer) == [TWO])
            for answers in watch.published[before:]:
                assert answers[Path.read(web)] != Broken(f"{disco}: no such directory")

    caplog.set_level(logging.INFO, "clew.mesh.namers.fs")
    asyncio.run(scene())
    assert [record.message for record in caplog.records if "is gone" in record.message] == [
        f"rootDir '{disco}' of /#/io.l5d.fs is gone; the addresses last read from it stay in use"
    ]
    assert any("is back" in record.message for record in caplog.records)


def test_a_directory_replaced_by_another_is_watched_instead(disco: File) -> None:
    async def scene() -> None:
        (disco / "web").write_text("10.0.0.1 8080")
        async with watched(Fs(str(disco), PREFIX)) as watch:
            web = "/#/io.l5d.fs/web"
            watch.want(web)
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            make(disco.parent / "new", "web")
            swap(disco, disco.parent / "new")
            await watch.until(web, lambda answer: addresses(answer) == [TWO])
            (disco / "web").write_text("10.0.0.1 8080")
            await watch.until(web, lambda answer: addresses(answer) == [ONE])

    asyncio.run(scene())


def test_a_directory_that_cannot_be_watched_is_read_again_and_again(
    disco: File, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_watch_left(*_: object, **__: object) -> NoReturn:
        raise OSError("OS file watch limit reached")

    async def scene() -> None:
        async with watched(Fs(str(disco), PREFIX)) as watch:
            web = "/#/io.l5d.fs/web"
            watch.want(web)
            assert await watch.answer(web) == Missing()
            (disco / "web").write_text("10.0.0.1 8080")
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            (disco / "web").write_text("10.0.0.2 8080")
            await watch.until(web, lambda answer: addresses(answer) == [TWO])

    monkeypatch.setattr(fs, "awatch", no_watch_left)
    monkeypatch.setattr(fs, "TICK_MS", 10)
    asyncio.run(scene())
    assert [record.message for record in caplog.records] == [
        f"rootDir '{disco}' of /#/io.l5d.fs cannot be watched, is read every second: "
        "OS file watch limit reached"
    ]


def test_a_file_that_cannot_be_read_says_so_and_else_keeps_its_last_addresses(
    disco: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(file: bytes) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", file)

    async def scene() -> None:
        async with watched(Fs(str(disco), PREFIX)) as watch:
            web, api = "/#/io.l5d.fs/web", "/#/io.l5d.fs/api"
            (disco / "web").write_text("10.0.0.1 8080")
            watch.want(web)
            await watch.until(web, lambda answer: addresses(answer) == [ONE])
            monkeypatch.setattr(fs, "_content", unreadable)
            (disco / "web").write_text("10.0.0.2 8080")
            (disco / "api").write_text("10.0.0.2 8080")
            watch.want(web, api)
            assert await watch.answer(api) == Broken(f"{disco}/api: Permission denied")
            assert addresses(await watch.answer(web)) == [ONE]

    asyncio.run(scene())

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.mesh.authority.root import AuthorityError
from clew.mesh.serve.root_directory import FILE, RootDirectory, authority_directory


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_the_first_to_write_makes_a_directory_that_nobody_else_can_read(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    store = RootDirectory(directory)

    async def scene() -> None:
        assert await store.read() is None
        await store.write(b"roots", None)
        stored = await store.read()
        assert stored is not None
        assert stored.text == b"roots"
        assert b"roots" not in repr(stored).encode()

    asyncio.run(scene())
    assert (mode(directory), mode(directory / FILE)) == ("700", "600")
    assert not list(directory.glob("*.draft"))


def test_who_comes_second_changes_nothing(tmp_path: Path) -> None:
    one, other = RootDirectory(tmp_path / "d"), RootDirectory(tmp_path / "d")

    async def scene() -> None:
        before = await other.read()
        await asyncio.gather(one.write(b"one", None), other.write(b"other", before))
        first = await one.read()
        assert first is not None
        assert first == await other.read()
        await one.write(b"next", first)
        await other.write(b"late", first)
        after = await other.read()
        assert after is not None
        assert after.text == b"next"

    asyncio.run(scene())


def test_many_at_once_agree(tmp_path: Path) -> None:
    stores = [RootDirectory(tmp_path / "d") for _ in range(20)]

    async def scene() -> None:
        await asyncio.gather(*(s.write(str(n).encode(), None) for n, s in enumerate(stores)))
        assert len({stored.text for s in stores if (stored := await s.read())}) == 1

    asyncio.run(scene())


def open_to_all(directory: Path) -> None:
    directory.mkdir(mode=0o755)


def readable_key(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / FILE).touch(mode=0o644)


def a_file(directory: Path) -> None:
    directory.touch(mode=0o600)


def a_directory_as_file(directory: Path) -> None:
    (directory / FILE).mkdir(mode=0o700, parents=True)
    directory.chmod(0o700)


@pytest.mark.parametrize(
    ("there", "what"),
    [
        (open_to_all, r"/d may be read or written by others .*\(mode 755\) \(chmod 700 .*/d"),
        (readable_key, r"/d/authority.pem may be read .*\(mode 644\) \(chmod 600 .*/authority.pem"),
        (a_file, r"/d cannot be read: Not a directory \(dir of authority must be a directory"),
        (a_directory_as_file, r"/d cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_to_do(
    tmp_path: Path, there: Callable[[Path], None], what: str
) -> None:
    there(tmp_path / "d")
    with pytest.raises(AuthorityError, match=what):
        asyncio.run(RootDirectory(tmp_path / "d").read())


def test_a_place_where_nothing_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AuthorityError, match="cannot be written: Not a directory"):
        asyncio.run(RootDirectory(tmp_path / "file" / "d").write(b"", None))


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ("mine", {"HOME": "/h"}, "mine"),
        (None, {"HOME": "/h"}, "/h/.local/share/clew/authority"),
        (None, {"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x/clew/authority"),
    ],
)
def test_where_it_is(given: str | None, environment: dict[str, str], expected: str) -> None:
    assert str(authority_directory(given, environment)) == expected


def test_without_a_home_it_must_be_said() -> None:
    with pytest.raises(AuthorityError, match="set dir of authority"):
        authority_directory(None, {})

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clew.mesh.serve.dtab_files import DtabFiles


class Watched:
    """The dtab of one file, and how often it has changed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.changes = 0
        self.files = DtabFiles(self._changed)
        self.files.use(frozenset({str(file)}))

    def _changed(self) -> None:
        self.changes += 1

    def shown(self) -> str | None:
        """None when the file has never been read."""
        asyncio.run(self.files.look())
        dtab = self.files.dtabs.get(str(self.file))
        return None if dtab is None else str(dtab)


def test_an_edit_is_taken_and_told_once(tmp_path: Path) -> None:
    file = tmp_path / "main.dtab"
    file.write_text("/svc => /a ; # why\n")
    watched = Watched(file)
    assert (watched.shown(), watched.changes) == ("/svc=>/a", 0)
    file.write_text("/svc => /b")
    assert watched.shown() == "/svc=>/b"
    assert (watched.shown(), watched.changes) == ("/svc=>/b", 1)
    file.write_text("")
    assert (watched.shown(), watched.changes) == ("", 2)


def test_what_cannot_be_used_leaves_the_last_good_dtab(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "main.dtab"
    file.write_text("/svc => /a")
    watched = Watched(file)
    file.write_text("/svc => /a;\n/svc = /b\n")
    assert (watched.shown(), watched.shown()) == ("/svc=>/a", "/svc=>/a")
    file.unlink()
    assert (watched.shown(), watched.shown()) == ("/svc=>/a", "/svc=>/a")
    file.write_bytes(b"/svc => /\xff")
    assert (watched.shown(), watched.changes) == ("/svc=>/a", 0)
    wrong, gone, no_text = caplog.messages
    assert wrong == (
        f"{file}:2: '>' expected but ' ' found at '/svc =[ ]/b'; the last good dtab stays"
    )
    assert gone == f"{file} cannot be read: No such file or directory; the last good dtab stays"
    assert no_text == f"{file} is not UTF-8 text: invalid start byte; the last good dtab stays"


def test_a_file_that_was_never_there_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "not" / "yet" / "main.dtab"
    watched = Watched(file)
    assert watched.shown() is None
    assert caplog.messages == [
        f"{file} cannot be read: No such file or directory; requests wait until it can be read"
    ]
    file.parent.mkdir(parents=True)
    file.write_text("/svc => /a")
    assert (watched.shown(), watched.changes) == ("/svc=>/a", 1)


def test_a_file_that_is_not_used_any_more_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "main.dtab"
    file.write_text("/svc => /a")
    watched = Watched(file)
    watched.files.use(frozenset())
    assert watched.shown() is None


def test_a_file_is_complained_about_until_it_is_mended_or_no_longer_used(tmp_path: Path) -> None:
    file, gone = tmp_path / "main.dtab", tmp_path / "gone.dtab"
    file.write_text("/svc")
    refused: dict[str, str] = {}

    def refuse(path: str, why: str) -> None:
        refused[Path(path).name] = why

    files = DtabFiles(lambda: None, refuse)
    files.use(frozenset({str(file), str(gone)}))
    assert refused["main.dtab"].startswith(f"{file}:1: ")
    assert refused["gone.dtab"].endswith("No such file or directory")
    file.write_text("/svc => /a")
    asyncio.run(files.look())
    assert refused["main.dtab"] == ""
    files.use(frozenset({str(file)}))
    assert refused["gone.dtab"] == ""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from tests.mesh.relay.collector import until

from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.serve import linker_file
from clew.mesh.serve.linker_file import edits, read_file


def text(port: int) -> str:
    return f"routers: [{{protocol: http, servers: [{{port: {port}}}]}}]\n"


def port(linker: Linker) -> int:
    return linker.routers[0].servers[0].port


def test_a_file_that_is_not_there_is_a_problem_of_its_first_line(tmp_path: Path) -> None:
    file = tmp_path / "linkerd.yaml"
    with pytest.raises(ConfigError, match=r"linkerd\.yaml:1: cannot be read: No such file"):
        read_file(file)


def test_bytes_that_are_no_text_are_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "linkerd.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        read_file(file)


async def first_after(file: Path, refused: list[str], *contents: str) -> Linker:
    """The next good edit, while the file is replaced by each of these, one after the other."""
    following = asyncio.ensure_future(anext(edits(file, read_file(file), refused.append)))
    for number, content in enumerate(contents):
        # longer than what is collected into one event
        await asyncio.sleep(0.3)
        new = file.with_suffix(f".{number}")
        await asyncio.to_thread(new.write_text, content)
        os.replace(new, file)
    return await following


def test_a_good_edit_is_seen_and_a_bad_one_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "linkerd.yaml"
    file.write_text(text(1))

    bad = text(1) + "routers: ["
    refused: list[str] = []
    assert port(asyncio.run(first_after(file, refused, bad, bad, text(1), text(2)))) == 2
    complaints = [m for m in caplog.messages if "the running configuration stays" in m]
    assert len(complaints) == 1
    assert f"{file}:2: " in complaints[0]
    assert [why.partition(" ")[0] for why in refused] == [f"{file}:2:", ""]


def test_a_mounted_config_map_that_changes_is_seen(tmp_path: Path) -> None:
    for version, number in (("..v1", 1), ("..v2", 2)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text(text(number))
    (tmp_path / "..data").symlink_to("..v1")
    file = tmp_path / "config.yaml"
    file.symlink_to("..data/config.yaml")

    async def scenario() -> Linker:
        following = asyncio.ensure_future(anext(edits(file, read_file(file))))
        await asyncio.sleep(0.3)
        (tmp_path / "..tmp").symlink_to("..v2")
        os.replace(tmp_path / "..tmp", tmp_path / "..data")
        return await following

    assert port(asyncio.run(scenario())) == 2


def test_a_file_that_was_away_and_is_the_same_again_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linker_file, "RECHECK_MS", 50)
    file = tmp_path / "linkerd.yaml"
    file.write_text(text(1))
    refused: list[str] = []

    async def scenario() -> None:
        following = asyncio.ensure_future(anext(edits(file, read_file(file), refused.append)))
        await asyncio.sleep(0.3)
        file.unlink()
        await until(lambda: len(refused) == 1)
        await asyncio.to_thread(file.write_text, text(1))
        await until(lambda: len(refused) == 2)
        following.cancel()

    asyncio.run(scenario())
    assert ["cannot be read" in why for why in refused] == [True, False]


def test_a_file_that_stays_the_same_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    parses: list[str] = []

    def looking(file: Path) -> str:
        looks.append("")
        return file.read_text()

    def parsing(content: str, source: str) -> Linker:
        parses.append(content)
        return read_linker(content, source)

    monkeypatch.setattr(linker_file, "RECHECK_MS", 50)
    monkeypatch.setattr(linker_file, "_text", looking)
    monkeypatch.setattr(linker_file, "read_linker", parsing)
    file = tmp_path / "linkerd.yaml"
    file.write_text(text(1))

    async def scenario() -> None:
        following = asyncio.ensure_future(anext(edits(file, read_linker(text(1), "f"))))
        await until(lambda: len(looks) == 4)
        following.cancel()

    asyncio.run(scenario())
    assert parses == [text(1)]

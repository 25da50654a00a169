from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clew.scratch import scratch

KILLED = """\
import os, pathlib, signal, sys
from clew.scratch import scratch
with scratch("it", pathlib.Path(sys.argv[1])) as made:
    (made / "deep").mkdir()
    (made / "deep/file").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_one(where: Path) -> Path:
    """What a killed process left."""
    before = set(where.iterdir())
    subprocess.run([sys.executable, "-c", KILLED, str(where)], check=False)
    (left,) = set(where.iterdir()) - before
    return left


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch("it", tmp_path) as made:
        assert made.parent == tmp_path
        assert made.name.startswith("clew-it-")
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_it_is_where_temporary_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch("it") as made:
        assert made.parent == tmp_path


@pytest.mark.parametrize("mode", [0o700, 0o2700])
def test_what_a_killed_process_left_is_swept(tmp_path: Path, mode: int) -> None:
    left = kill_one(tmp_path)
    left.chmod(mode)
    with scratch("it", tmp_path):
        assert not left.exists()


def test_that_of_a_living_process_stays(tmp_path: Path) -> None:
    with scratch("it", tmp_path) as one, scratch("it", tmp_path) as other:
        assert one != other
        assert one.exists()


def test_that_of_another_kind_stays(tmp_path: Path) -> None:
    left = kill_one(tmp_path)
    with scratch("other", tmp_path):
        assert left.exists()


def test_what_is_open_to_others_or_nobody_locked_is_no_scratch(tmp_path: Path) -> None:
    open_, unlocked, file = (tmp_path / f"clew-it-{n}" for n in range(3))
    kill_one(tmp_path).rename(open_)
    open_.chmod(0o755)
    unlocked.mkdir(mode=0o700)
    file.touch()
    with scratch("it", tmp_path):
        assert all(each.exists() for each in (open_, unlocked, file))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mine = kill_one(elsewhere)
    where = tmp_path / "where"
    where.mkdir()
    os.symlink(mine, where / "clew-it-link")
    with scratch("it", where):
        assert (mine / "deep/file").exists()

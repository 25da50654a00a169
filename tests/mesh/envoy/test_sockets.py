from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clew.mesh.envoy.sockets import LONGEST_PATH, RunDirError, Sockets, claim_run_dir


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_run_directory_is_made_private_and_stays(tmp_path: Path) -> None:
    with claim_run_dir(tmp_path / "a" / "run") as sockets:
        assert sockets.run_dir == tmp_path / "a" / "run"
        assert mode(sockets.run_dir) == 0o700
        assert sockets.xds.parent == sockets.spans.parent == sockets.admin.parent == sockets.run_dir
    assert sockets.run_dir.is_dir()


def test_without_one_a_private_directory_is_made_under_xdg_runtime_dir(tmp_path: Path) -> None:
    with claim_run_dir(None, {"XDG_RUNTIME_DIR": str(tmp_path)}) as sockets:
        assert sockets.run_dir.parent == tmp_path
        assert mode(sockets.run_dir) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_without_xdg_runtime_dir_a_temporary_directory_is_made(tmp_path: Path) -> None:
    for environ in ({}, {"XDG_RUNTIME_DIR": str(tmp_path / "gone")}):
        with claim_run_dir(None, environ) as sockets:
            assert mode(sockets.run_dir) == 0o700
        assert not sockets.run_dir.exists()


def test_a_second_mesh_on_the_same_directory_is_refused_with_the_first_ones_process(
    tmp_path: Path,
) -> None:
    run_dir = tmp_path / "run"
    with claim_run_dir(run_dir) as first:
        first.xds.touch()
        with pytest.raises(RunDirError) as refused, claim_run_dir(run_dir):
            pass
        assert f"another mesh runs on it (process {os.getpid()})" in str(refused.value)
        assert first.xds.exists()
    with claim_run_dir(run_dir):
        pass


def test_what_a_killed_mesh_left_is_no_obstacle(tmp_path: Path) -> None:
    killed = (
        "import os, pathlib, signal, sys\n"
        "from clew.mesh.envoy.sockets import claim_run_dir\n"
        "with claim_run_dir(pathlib.Path(sys.argv[1])) as sockets:\n"
        "    for path in sockets: path.touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run_dir = tmp_path / "run"
    subprocess.run([sys.executable, "-c", killed, str(run_dir)], check=False)
    assert all(path.exists() for path in Sockets(run_dir))
    with claim_run_dir(run_dir) as sockets:
        assert not any(path.exists() for path in sockets)


def test_a_directory_that_others_may_enter_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    with pytest.raises(RunDirError, match="chmod 700"), claim_run_dir(shared):
        pass
    assert mode(shared) == 0o755


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = pytest.raises(RunDirError, match="file: cannot be the run directory: File exists")
    with refused, claim_run_dir(tmp_path / "file"):
        pass


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    (run_dir / "lock").mkdir(parents=True)
    run_dir.chmod(0o700)
    refused = pytest.raises(RunDirError, match="run: cannot be the run directory: Is a directory")
    with refused, claim_run_dir(run_dir):
        pass


def test_a_path_too_long_for_a_unix_socket_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    room = LONGEST_PATH - len("/spans.sock")
    fits = Path("/" + "x" * (room - 1))
    assert len(os.fsencode(Sockets(fits).admin)) == LONGEST_PATH
    with pytest.raises(RunDirError, match=f"at most {LONGEST_PATH}"):
        Sockets(Path(f"{fits}x"))
    long = tmp_path / ("ü" * 60)
    with pytest.raises(RunDirError), claim_run_dir(long):
        pass
    assert not long.exists()

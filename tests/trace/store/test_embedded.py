"""The embedded engine: who may open it, what its errors become, and what a crash leaves."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.engine import EngineContract, pooled

from clew.errors import ClewError
from clew.trace.store import StoreUnavailable
from clew.trace.store.embedded import EmbeddedEngine, EngineMissing
from clew.trace.store.engine import Pool
from clew.trace.store.lock import StoreLocked


@pytest.fixture
def pool(engine: EmbeddedEngine) -> Iterator[Pool]:
    with pooled(engine) as pool:
        yield pool


class TestEmbedded(EngineContract):
    pass


def test_one_process_has_a_directory(engine: EmbeddedEngine, tmp_path: Path) -> None:
    directory = engine.directory
    with pytest.raises(StoreLocked) as refused:
        EmbeddedEngine(directory)
    assert str(refused.value) == (
        f"{directory}: another process has this store open (stop the other `clew traces`, or give"
        " this one another directory)"
    )


def test_one_directory_has_a_process(engine: EmbeddedEngine, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="the store does not open"):
        EmbeddedEngine(tmp_path / "another")


@pytest.mark.parametrize("module", [None, types.ModuleType("chdb")], ids=["none", "empty"])
def test_a_platform_without_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: types.ModuleType | None
) -> None:
    monkeypatch.setitem(sys.modules, "chdb", module)
    with pytest.raises(EngineMissing, match="no engine for this platform"):
        EmbeddedEngine(tmp_path)


def test_a_directory_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="file: File exists"):
        EmbeddedEngine(tmp_path / "file")


def test_a_directory_that_the_engine_would_misread(tmp_path: Path) -> None:
    with pytest.raises(ClewError, match=r"takes no directory with '\?' in its name"):
        EmbeddedEngine(tmp_path / "a?b")


def test_what_was_inserted_survives_a_kill_and_is_not_inserted_twice(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import os, pathlib, signal
        from tests.cast import NOON, trace
        from clew.trace.collect import columns
        from clew.trace.store.opening import open_embedded
        store = open_embedded(pathlib.Path({str(tmp_path)!r}))
        assert len(store.trace("1".rjust(16, "0"))) == before
        store.insert(columns.table(trace(), NOON), "token")
        with store._readers.session() as session:
            spans = session.read("SELECT count() AS n FROM spans")
            minutes = session.read("SELECT sum(n) AS n FROM red_minute")
        assert spans["n"].to_pylist() == minutes["n"].to_pylist() == [4]
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    for before in (0, 4):
        run = subprocess.run(
            [sys.executable, "-c", f"before = {before}\n{script}"],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (-9, "")

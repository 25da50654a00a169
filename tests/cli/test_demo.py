from __future__ import annotations

import pytest
from click.testing import CliRunner

from clew.cli.demo import command


@pytest.mark.parametrize("store", ["clickhouse://ch:8123/clew", "http://ch"])
def test_a_server_is_no_directory_for_the_traces(store: str) -> None:
    done = CliRunner().invoke(command, [f"--store={store}"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"'{store}' is no directory" in done.stderr

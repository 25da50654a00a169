from __future__ import annotations

from pathlib import Path

import pytest

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.envoy.access_logs import AccessLogError, check_access_logs


def linker(log: Path) -> Linker:
    text = f"routers: [{{protocol: http, label: out, servers: [{{}}], httpAccessLog: {log}}}]"
    return read_linker(text, "linkerd.yaml")


def test_a_log_is_made_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    check_access_logs(linker(log))
    log.write_text("a line\n")
    check_access_logs(linker(log))
    assert log.read_text() == "a line\n"


def test_one_that_cannot_be_written_is_named_with_its_router(tmp_path: Path) -> None:
    log = tmp_path / "logs/access.log"
    with pytest.raises(AccessLogError) as caught:
        check_access_logs(linker(log))
    assert caught.value.message == (
        f"router out: the access log {log} cannot be written: No such file or directory"
    )
    assert caught.value.hint == "make its directory, or name another file"


def test_without_a_log_nothing_is_looked_at() -> None:
    check_access_logs(read_linker("routers: [{protocol: h2, servers: [{}]}]", "linkerd.yaml"))

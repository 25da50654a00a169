from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from clew.check import listeners

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:102C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0100007F:102C 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 00000000:24C3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1
"""


@pytest.mark.parametrize(
    ("port", "inodes"), [(4140, {"4711"}), (9411, {"4713"}), (40000, set()), (1, set())]
)
def test_only_those_that_listen_hold_a_port(port: int, inodes: set[str]) -> None:
    assert listeners.sockets(TABLE, port) == inodes


@pytest.mark.parametrize("text", ["", "heading", "heading\nno table\n\n"])
def test_what_is_no_table_has_no_listeners(text: str) -> None:
    assert listeners.sockets(text, 4140) == frozenset()


def process(proc: Path, number: int, cmdline: str, inode: str) -> None:
    (proc / str(number) / "fd").mkdir(parents=True)
    (proc / str(number) / "cmdline").write_text(cmdline)
    (proc / str(number) / "comm").write_text("kernel name\n")
    os.symlink(f"socket:[{inode}]", proc / str(number) / "fd" / "3")


@pytest.mark.parametrize(
    ("cmdline", "name"),
    [
        ("/opt/envoy/bin/envoy\0-c\0", "envoy"),
        ("/usr/bin/python3.11\0/venv/bin/clew\0traces\0", "clew"),
        ("/usr/bin/python3\0-m\0http.server\0", "python3"),
        ("", "kernel name"),
    ],
)
def test_the_program_is_named(tmp_path: Path, cmdline: str, name: str) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TABLE)
    process(tmp_path, 7, "/bin/other", "1")
    process(tmp_path, 8, cmdline, "4711")
    assert listeners.holder(4140, tmp_path) == f"{name} (process 8)"
    assert listeners.holder(9411, tmp_path) == ""


@pytest.mark.skipif(not listeners.PROC.is_dir(), reason="tells of Linux only")
def test_this_process_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = listeners.holder(listener.getsockname()[1])
    assert found.endswith(f"(process {os.getpid()})")

"""Real ClickHouse servers, each a process: chDB's library as clickhouse-local that listens."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest
from scripts.clickhouse_server import LIBRARY
from tests.trace.collect.standins import eventually

USER, PASSWORD = "clew", "it's a/secret@home"
CLUSTER = "two"

_RUN = """
import ctypes, sys
words = [word.encode() for word in ["clickhouse", *sys.argv[2:]]]
ctypes.CDLL(sys.argv[1]).chdb_query_cmdline(len(words), (ctypes.c_char_p * len(words))(*words))
"""
_LISTEN = (
    "SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; "
    "SELECT sleepEachRow(3) FROM numbers(1000000) SETTINGS max_block_size = 1 FORMAT Null"
)
_USERS = """<clickhouse>
<profiles><default/></profiles><quotas><default/></quotas>
<users>
  <default><password/><networks><ip>127.0.0.0/8</ip></networks></default>
  <clew>
    <password>{password}</password><networks><ip>127.0.0.0/8</ip></networks>
  </clew>
  <guest>
    <password/><networks><ip>127.0.0.0/8</ip></networks>
    <grants><query>GRANT SELECT ON system.*</query></grants>
  </guest>
</users>
</clickhouse>
"""
_CONFIG = """<clickhouse>
<users_config>{users}</users_config>
<mark_cache_size>67108864</mark_cache_size>
<remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
</clickhouse>
"""
_SHARD = "<shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>"


class ClickHouse:
    """One server on a directory of its own; it can be killed and started again."""

    def __init__(self, directory: Path, http: int, tcp: int, shards: list[int]) -> None:
        self.directory = directory
        self.http, self.tcp = http, tcp
        directory.mkdir()
        users, self._config = directory / "users.xml", directory / "config.xml"
        users.write_text(_USERS.format(password=escape(PASSWORD)))
        self._config.write_text(
            _CONFIG.format(
                users=users,
                cluster=CLUSTER,
                shards="".join(_SHARD.format(port=port) for port in shards),
            )
        )

    @property
    def place(self) -> str:
        """Host and port of HTTP."""
        return f"127.0.0.1:{self.http}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-c", _RUN, str(LIBRARY)]
        flags = {
            "path": self.directory / "data",
            "http_port": self.http,
            "tcp_port": self.tcp,
            "listen_host": "127.0.0.1",
            "config-file": self._config,
            "query": _LISTEN,
        }
        self._process = subprocess.Popen(
            [*command, "--multiquery", *(f"--{name}={value}" for name, value in flags.items())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(self._answers)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def ask(self, statement: str) -> str:
        """The answer to a statement, as tab-separated text."""
        answer = httpx.post(f"http://{self.place}/", content=statement)
        assert answer.status_code == 200, answer.text
        return answer.text.strip()

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the server ended"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://{self.place}/ping").text == "Ok.\n"
        return False


@contextlib.contextmanager
def servers(directory: Path, count: int) -> Iterator[list[ClickHouse]]:
    """``count`` servers, which are the shards of CLUSTER."""
    if not LIBRARY.exists():
        assert os.environ.get("CI") != "true", "run python -m scripts.clickhouse_server"
        pytest.skip("needs a ClickHouse server: python -m scripts.clickhouse_server")
    ports = free_ports(2 * count)
    http, tcp = ports[:count], ports[count:]
    made = [ClickHouse(directory / str(n), http[n], tcp[n], tcp) for n in range(count)]
    with contextlib.ExitStack() as stack:
        for server in made:
            server.start()
            stack.callback(server.kill)
        yield made


def free_ports(count: int) -> list[int]:
    """Ports that nobody had a moment ago: the server takes none of its own choice."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]

"""Real ClickHouse servers, each a process: chDB's library as clickhouse-local that listens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest
from scripts.clickhouse_server import LIBRARY, SUPPORTED
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
    <grants>
      <query>GRANT ALL ON granted.*</query>
      <query>GRANT TABLE ENGINE ON *</query>
      <query>GRANT SELECT ON system.*</query>
      <query>GRANT REMOTE ON *.*</query>
    </grants>
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
        directory.mkdir(parents=True)
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

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

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
def in_tls(server: ClickHouse, certificate: Path, key: Path) -> Iterator[int]:
    """A port at which ``server`` is reached by TLS, which clickhouse-local does not speak."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def splice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", server.http)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    async def listen() -> None:
        listener = await asyncio.start_server(splice, "127.0.0.1", 0, ssl=context)
        listening.set_result((asyncio.get_running_loop(), listener.sockets[0].getsockname()[1]))
        async with listener:
            await ended.wait()

    listening: Future[tuple[asyncio.AbstractEventLoop, int]] = Future()
    ended = asyncio.Event()
    thread = threading.Thread(target=asyncio.run, args=(listen(),))
    thread.start()
    loop, port = listening.result()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@contextlib.contextmanager
def servers(directory: Path, count: int) -> Iterator[list[ClickHouse]]:
    """``count`` servers, which are the shards of CLUSTER."""
    if not LIBRARY.exists():
        may_be_left_out = not SUPPORTED or os.environ.get("CI") != "true"
        assert may_be_left_out, "run python -m scripts.clickhouse_server"
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

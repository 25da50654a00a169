from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clew.mesh.envoy import process
from clew.mesh.envoy.process import EnvoyFailed, EnvoyProcess, State
from clew.mesh.envoy.sockets import Sockets

from .conftest import listener_port, standalone

NewEnvoy = Callable[..., EnvoyProcess]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """The test's own timeout is the bound."""
    while not await condition():  # noqa: ASYNC110 - in another process
        await asyncio.sleep(0.02)


async def get(port: int) -> bytes:
    """The whole answer to one request on a connection of its own; empty when it was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: hello\r\n\r\n")
    answer = await reader.read(65536)
    writer.close()
    return answer


class Upstream:
    """An application on a unix socket that answers when ``answer`` is set."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def __aenter__(self) -> Upstream:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.answer.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await self.answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        writer.close()


def test_it_runs_until_it_is_stopped_and_its_log_lines_are_ours(
    sockets: Sockets, new_envoy: NewEnvoy, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        envoy = new_envoy(standalone(sockets))
        await envoy.start()
        assert envoy.state is State.RUNNING
        pid = envoy.pid
        assert pid is not None
        await envoy.stop()
        assert (envoy.state, envoy.pid) == (State.STOPPED, None)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    caplog.set_level(logging.DEBUG)
    asyncio.run(run())
    assert ("clew.mesh.envoy.process", logging.DEBUG, "main: caught ENVOY_SIGTERM") in (
        caplog.record_tuples
    )


def test_a_bootstrap_that_envoy_rejects_is_shown(sockets: Sockets, new_envoy: NewEnvoy) -> None:
    config = standalone(sockets) | {"nonsense": 1}
    with pytest.raises(EnvoyFailed, match=r"(?s)exited with status 1.*no such field: 'nonsense'"):
        asyncio.run(new_envoy(config).start())


def test_an_envoy_that_cannot_be_executed_is_named(sockets: Sockets, tmp_path: Path) -> None:
    missing = tmp_path / "envoy"
    envoy = EnvoyProcess(missing, standalone(sockets), sockets, concurrency=1, grace=1)
    with pytest.raises(EnvoyFailed, match=f"{missing}: No such file"):
        asyncio.run(envoy.start())
    assert envoy.state is State.STOPPED


def test_a_killed_envoy_comes_back_and_says_so(
    sockets: Sockets, new_envoy: NewEnvoy, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        config = standalone(sockets)
        restarted: list[str] = []
        envoy = new_envoy(config, on_restart=lambda: restarted.append("again"))
        await envoy.start()
        try:
            for restarts in (1, 2):
                killed = envoy.pid
                assert killed is not None
                os.kill(killed, signal.SIGKILL)

                async def back(count: int = restarts) -> bool:
                    return len(restarted) == count and await envoy.admin.answers()

                await until(back)
                assert envoy.pid not in (None, killed)
                assert envoy.state is State.RUNNING
                await until(lambda: listening(envoy))
                assert (await get(listener_port(config))).startswith(b"HTTP/1.1 200 OK")
        finally:
            await envoy.stop()

    async def listening(envoy: EnvoyProcess) -> bool:
        return "outgoing/0" in await envoy.admin.live_listeners()

    asyncio.run(run())
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert [line.partition(": ")[2] for line in lines] == [
        "it was killed by SIGKILL; starting it again in 0.1 s",
        "it was killed by SIGKILL; starting it again in 0.2 s",
    ]


def test_stop_refuses_new_connections_and_lets_the_open_request_end(
    sockets: Sockets, new_envoy: NewEnvoy, tmp_path: Path
) -> None:
    async def run() -> None:
        async with Upstream(tmp_path / "app.sock") as upstream:
            config = standalone(sockets, upstream.path)
            port = listener_port(config)
            envoy = new_envoy(config)
            await envoy.start()
            await until(lambda: listening(envoy))
            request = asyncio.create_task(get(port))
            await upstream.asked.wait()
            stop = asyncio.create_task(envoy.stop())
            await until(lambda: refused(port))
            assert not stop.done()
            upstream.answer.set()
            answer = (await request).lower()
            assert answer.startswith(b"http/1.1 200 ok")
            assert b"\r\nconnection: close\r\n" in answer
            await stop

    async def listening(envoy: EnvoyProcess) -> bool:
        return bool(await envoy.admin.live_listeners())

    async def refused(port: int) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False

    asyncio.run(run())


def test_a_request_longer_than_the_grace_is_cut_with_a_warning(
    sockets: Sockets, new_envoy: NewEnvoy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with Upstream(tmp_path / "app.sock") as upstream:
            config = standalone(sockets, upstream.path)
            envoy = new_envoy(config, grace=1000)
            envoy.use_grace(0.2)
            await envoy.start()

            async def listening() -> bool:
                return bool(await envoy.admin.live_listeners())

            await until(listening)
            request = asyncio.create_task(get(listener_port(config)))
            await upstream.asked.wait()
            await envoy.stop()
            assert await request == b""

    asyncio.run(run())
    assert "requests were still open after 0.2 s; they are cut" in caplog.messages


def test_a_cancelled_stop_ends_envoy_at_once(
    sockets: Sockets, new_envoy: NewEnvoy, tmp_path: Path
) -> None:
    async def run() -> None:
        async with Upstream(tmp_path / "app.sock") as upstream:
            config = standalone(sockets, upstream.path)
            envoy = new_envoy(config, grace=1000)
            await envoy.start()

            async def listening() -> bool:
                return bool(await envoy.admin.live_listeners())

            await until(listening)
            request = asyncio.create_task(get(listener_port(config)))
            await upstream.asked.wait()
            stop = asyncio.create_task(envoy.stop())
            await asyncio.sleep(0.1)
            stop.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stop
            assert (envoy.state, envoy.pid) == (State.STOPPED, None)
            assert await request == b""

    asyncio.run(run())


def test_an_envoy_that_hears_no_signal_is_killed(
    sockets: Sockets, new_envoy: NewEnvoy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TERM_SECONDS", 0.1)

    async def run() -> None:
        envoy = new_envoy(standalone(sockets), grace=0.1)
        await envoy.start()
        assert envoy.pid is not None
        os.kill(envoy.pid, signal.SIGSTOP)
        await envoy.stop()
        assert envoy.pid is None

    asyncio.run(run())


PARENT = """
import asyncio, json, pathlib, sys
from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets
async def main():
    config = json.loads(sys.argv[2])
    envoy = EnvoyProcess(find_envoy(), config, Sockets(pathlib.Path(sys.argv[1])), concurrency=1,
                         grace=1)
    await envoy.start()
    print(envoy.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def test_envoy_dies_with_a_killed_parent(sockets: Sockets) -> None:
    config: dict[str, Any] = standalone(sockets)
    arguments = [str(sockets.run_dir), json.dumps(config)]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        envoy = int(parent.stdout.readline())
        os.kill(envoy, 0)
        parent.kill()
    asyncio.run(until(lambda: gone(envoy)))


async def gone(pid: int) -> bool:
    """Nobody reaps the orphan in a container without an init, so a zombie is gone too."""
    try:
        return state_letter(pid) == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def state_letter(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2]

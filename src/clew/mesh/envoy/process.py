"""Envoy as a child: started, started again when it ends, drained before it is stopped."""

from __future__ import annotations

import asyncio
import enum
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clew.errors import ClewError
from clew.mesh.envoy.backoff import Backoff
from clew.mesh.envoy.child import as_child, describe_end
from clew.mesh.envoy.log import FORMAT, level_flags, read_line
from clew.mesh.envoy.sockets import Sockets
from clew.mesh.envoy.stats import EnvoyAdmin, EnvoyUnreachable

log = logging.getLogger(__name__)

DRAIN_SECONDS = 600
"""How long a replaced listener may serve its old requests; a longer request would be cut."""
FILE_FLUSH_MS = 500
LAST_WORDS = 20
"""Lines of Envoy's output that are kept to explain why it ended."""
LONGEST_LINE = 1 << 20
POLL_SECONDS = 0.05
CLOSING_SECONDS = 1.0
"""Given to kept connections on stop, so that busy ones hear ``connection: close``."""
TERM_SECONDS = 2.0
"""Between SIGTERM and SIGKILL."""


class EnvoyFailed(ClewError):
    """Envoy ended before it could be used."""

    exit_code = 1


class State(enum.Enum):
    """Where Envoy is in its life. Whether its listeners are live is asked of EnvoyAdmin."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPING = "stopping"


class EnvoyProcess:
    """One Envoy and its successors, with one bootstrap, on one run directory.

    ``start`` and ``stop`` are called once each, from the main thread's event loop.
    """

    def __init__(
        self,
        binary: Path,
        config: Mapping[str, Any],
        sockets: Sockets,
        *,
        concurrency: int,
        grace: float,
        on_restart: Callable[[], object] = lambda: None,
    ) -> None:
        """``concurrency`` is the number of worker threads; ``grace`` is in seconds.

        ``on_restart`` is called for each start after the first one.
        """
        self._binary = binary
        self._config = config
        self._config_file = sockets.run_dir / "envoy.json"
        self._grace = grace
        self._concurrency = concurrency
        self._on_restart = on_restart
        self._child: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self.admin = EnvoyAdmin(sockets.admin)
        self.state = State.STOPPED

    @property
    def pid(self) -> int | None:
        """Of the Envoy that runs now; None between two."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> None:
        """Return when Envoy answers on its admin socket, before it has asked for its listeners.

        Raises EnvoyFailed with what it printed when it ends instead.
        """
        self.state = State.STARTING
        self._write_config()
        try:
            child = await self._spawn()
            while not await self.admin.answers():
                if child.returncode is not None:
                    await self._heard()
                    raise EnvoyFailed(
                        f"Envoy did not start: {describe_end(child.returncode)}"
                        + "".join(f"\n  {line}" for line in self._last_words)
                    )
                await asyncio.sleep(POLL_SECONDS)
        except BaseException:
            await self._end()
            raise
        self.state = State.RUNNING
        self._supervisor = asyncio.create_task(self._supervise(child), name="envoy supervisor")

    def use_grace(self, seconds: float) -> None:
        """How long requests may go on when it is stopped."""
        self._grace = seconds

    async def stop(self) -> None:
        """Refuse connections, let requests end for at most the grace, then end Envoy.

        Cancelled, it ends Envoy at once.
        """
        self.state = State.STOPPING
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        try:
            if self.pid is not None:
                async with asyncio.timeout(self._grace):
                    await self._drain()
        except TimeoutError:
            log.warning("requests were still open after %.1f s; they are cut", self._grace)
        except EnvoyUnreachable as error:
            log.warning("no draining: %s", error)
        finally:
            await self._end()

    def _write_config(self) -> None:
        self._config_file.write_text(json.dumps(self._config, indent=1), encoding="utf-8")

    def _command(self) -> list[str]:
        return [
            str(self._binary),
            *("--config-path", str(self._config_file)),
            *("--concurrency", str(self._concurrency)),
            *level_flags(log.getEffectiveLevel()),
            *("--log-format", FORMAT, "--log-format-escaped"),
            *("--drain-strategy", "immediate", "--drain-time-s", str(DRAIN_SECONDS)),
            # latencies are wanted sooner than after Envoy's 10 s
            *("--file-flush-interval-msec", str(FILE_FLUSH_MS)),
            # a gap of 0.1 s is not worth shared memory between two of them
            "--disable-hot-restart",
        ]

    async def _spawn(self) -> asyncio.subprocess.Process:
        self._last_words.clear()
        child = await asyncio.create_subprocess_exec(
            *as_child(self._command()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            # Ctrl-C reaches the whole foreground group; Envoy must outlive it to be drained
            start_new_session=True,
        )
        assert child.stdout is not None
        self._child = child
        self._listener = asyncio.create_task(self._listen(child.stdout), name="envoy log")
        return child

    async def _supervise(self, child: asyncio.subprocess.Process) -> None:
        clock = asyncio.get_running_loop().time
        born, backoff = clock(), Backoff()
        while True:
            status = await child.wait()
            lived = clock() - born
            delay = backoff.delay_after(lived)
            self.state = State.RESTARTING
            log.error(
                "Envoy ended after %.1f s: %s; starting it again in %.1f s",
                lived,
                describe_end(status),
                delay,
            )
            await self._heard()
            await asyncio.sleep(delay)
            born = clock()
            try:
                child = await self._spawn()
            except OSError as error:
                log.error("Envoy cannot be started: %s", error)
                continue
            log.info("Envoy runs again as process %d", child.pid)
            self._on_restart()
            self.state = State.RUNNING

    async def _drain(self) -> None:
        """Return when nothing is open, or only connections that nobody speaks on."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await self.admin.close_kept_connections()
        await self.admin.refuse_connections()
        while (load := await self.admin.load()).connections:
            if not load.requests and clock() - began >= CLOSING_SECONDS:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _end(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()
            try:
                async with asyncio.timeout(TERM_SECONDS):
                    await self._child.wait()
            except TimeoutError:
                self._child.kill()
                await self._child.wait()
        await self._heard()
        await self.admin.close()
        self.state = State.STOPPED

    async def _heard(self) -> None:
        """Until the last line of the ended Envoy is in the log."""
        if self._listener is not None:
            await self._listener

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than LONGEST_LINE; the reader has dropped it
                continue
            if not line:
                return
            level, text = read_line(line.decode("utf-8", "replace").rstrip())
            if self.state is State.STOPPING and level == logging.WARNING:
                level = logging.DEBUG  # that it hears our signal and loses its streams is no news
            self._last_words.append(text)
            log.log(level, "%s", text)

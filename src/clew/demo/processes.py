"""A set of child processes that starts in order, is watched, and ends as one."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from clew.errors import ClewError
from clew.mesh.envoy.child import as_child, describe_end
from clew.mesh.envoy.ports import refused

LAST_LINES = 20
"""Lines of a child's output that are kept to show why it ended."""
LONGEST_LINE = 1 << 20
OWN_WORDS = "clew: "
"""How a clew command begins the sentence that says why it ends."""
PROBE_SECONDS = 0.05
REST_SECONDS = 5.0
"""Given to a dead child's output to come to its end; a grandchild may keep it open."""

Probe = Callable[[], Awaitable[bool]]
"""Whether a child does its work already. It is asked again until it says so."""


class ChildDied(ClewError):
    """A child ended that should not have."""

    def __init__(self, name: str, status: int, last_lines: Sequence[str]) -> None:
        last = last_lines[-1] if last_lines else ""
        if last.startswith(OWN_WORDS):  # it said itself why, in one sentence
            super().__init__(f"{name} ended: {last.removeprefix(OWN_WORDS)}")
        elif status in (-signal.SIGKILL, -signal.SIGTERM):  # its own output cannot say why
            super().__init__(f"{name} ended: {describe_end(status)}")
        else:
            super().__init__(f"{name} ended: {describe_end(status)}{_quoted(last_lines)}")
        self.name = name
        self.status = status
        """The exit status; negative is the number of the signal that killed it."""
        self.last_lines = tuple(last_lines)


class NotReady(ClewError):
    """A child runs, and does not do its work."""

    def __init__(self, name: str, seconds: float, last_lines: Sequence[str]) -> None:
        super().__init__(f"{name} was not ready after {seconds:g} s{_quoted(last_lines)}")


class PortInUse(ClewError):
    """A port that a child needs belongs to another program."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"{host}:{port} is already in use by another program",
            hint="stop it or use --port-offset 1000",
        )


@dataclass(frozen=True, slots=True)
class Child:
    """What to start."""

    name: str
    command: Sequence[str]
    ready: Probe
    environ: Mapping[str, str] = field(default_factory=dict)
    """Put over this process's own environment."""
    directory: Path | None = None
    """Where it runs; None is where this process does."""
    ready_within: float = 30.0
    """Seconds until NotReady."""
    grace: float = 12.0
    """Seconds between SIGTERM and SIGKILL."""


def check_ports(addresses: Iterable[tuple[str, int]]) -> None:
    """Raise PortInUse for the first (host, port) that another program listens on."""
    for host, port in addresses:
        if error := refused(host, port):
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(host, port) from error
            raise ClewError(f"{host}:{port} cannot be listened on: {error.strerror}") from error


class Processes:
    """Used as ``async with``: whatever happens inside, no child is left when it ends.

    To be used from the main thread, so that the kernel ends the children also when this process is
    killed.
    """

    def __init__(self, echo: Callable[[str, str], None] | None = None) -> None:
        """``echo`` is called with the child's name and each line that it prints."""
        self._echo = echo
        self._running: list[_Running] = []

    async def __aenter__(self) -> Processes:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self, *children: Child) -> None:
        """Start ``children`` together; return when every one is ready.

        Raises ChildDied when one of them, or of those that were started before, ends first.
        """
        started = [await self._spawn(child) for child in children]
        try:
            async with asyncio.TaskGroup() as waits:
                for running in started:
                    waits.create_task(self._until_ready(running))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        await self._raise_dead()  # another program may have answered a probe

    async def watch(self) -> NoReturn:
        """Wait for the first child that ends, and raise ChildDied."""
        assert self._running
        while True:
            waits = [asyncio.ensure_future(running.process.wait()) for running in self._running]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            await self._raise_dead()

    async def stop(self) -> None:
        """End all, the last started first: SIGTERM, and SIGKILL after the child's grace."""
        while self._running:
            # out of the list only when it is gone, so that a cancelled stop can be called again
            await self._running[-1].end()
            self._running.pop()

    async def _spawn(self, child: Child) -> _Running:
        process = await asyncio.create_subprocess_exec(
            *as_child(child.command),
            env={**os.environ, **child.environ},
            cwd=child.directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for us; we end the children in our order
        )
        running = _Running(child, process, self._echo)
        self._running.append(running)
        return running

    async def _until_ready(self, running: _Running) -> None:
        child = running.child
        try:
            async with asyncio.timeout(child.ready_within):
                while not await child.ready():
                    await self._raise_dead()
                    await asyncio.sleep(PROBE_SECONDS)
        except TimeoutError as error:
            raise NotReady(child.name, child.ready_within, running.last_lines) from error

    async def _raise_dead(self) -> None:
        for running in self._running:
            status = running.process.returncode
            if status is not None:
                await running.heard()
                raise ChildDied(running.child.name, status, running.last_lines)


class _Running:
    """A started child and what it printed."""

    def __init__(
        self,
        child: Child,
        process: asyncio.subprocess.Process,
        echo: Callable[[str, str], None] | None,
    ) -> None:
        self.child = child
        self.process = process
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._echo = echo
        assert process.stdout is not None
        self._listening = asyncio.create_task(self._listen(process.stdout))

    async def heard(self) -> None:
        """Until the output is read to its end."""
        await asyncio.wait([self._listening], timeout=REST_SECONDS)

    async def end(self) -> None:
        """SIGTERM to the child, SIGKILL to what is left of its process group."""
        try:
            if self.process.returncode is None:
                self.process.terminate()
                async with asyncio.timeout(self.child.grace):
                    await self.process.wait()
        except TimeoutError:
            pass
        finally:
            self._kill_group()
        await self.process.wait()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                raw = await output.readline()
            except ValueError:  # longer than LONGEST_LINE; the reader has dropped it
                continue
            if not raw:
                return
            line = raw.decode("utf-8", "replace").rstrip()
            self.last_lines.append(line)
            if self._echo is not None:
                self._echo(self.child.name, line)


def _quoted(lines: Iterable[str]) -> str:
    return "".join(f"\n  {line}" for line in lines)

"""uvicorn as one of several servers in an event loop that is not its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

STARTED_POLL_SECONDS = 0.01
TICK_SECONDS, LEAVING_TICK_SECONDS = 1.0, 0.1
"""To the first Date is right. uvicorn's own tenth of a second was most of a mesh's work at rest."""


class QuietServer(uvicorn.Server):
    """Of one app. Signals belong to the command, not to one of its servers."""

    def __init__(self, app: ASGIApp, context: ssl.SSLContext | None = None) -> None:
        """``context`` None is plain HTTP."""
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
                ssl_context_factory=None if context is None else lambda *_: context,
            )
        )
        self._leaving = False
        self._told = asyncio.Event()
        """To leave or to end."""

    async def accepting(self, serving: asyncio.Task[None]) -> None:
        """Return when it does. ``serving`` is its task, and raises what hinders it."""
        while not self.started:
            if serving.done():
                return await serving
            await asyncio.sleep(STARTED_POLL_SECONDS)

    def leave(self) -> None:
        """Accept no more, and end with the last connection."""
        self._leaving = True
        self._told.set()
        for server in self.servers:
            server.close()

    def end(self) -> None:
        """Accept no more, and give open requests a second."""
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            self._told.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_TICK_SECONDS if self._leaving else TICK_SECONDS):
                    await self._told.wait()

    async def on_tick(self, counter: int) -> bool:
        left = self._leaving and not self.server_state.connections
        return await super().on_tick(counter) or left

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

"""uvicorn as one of several servers in an event loop that is not its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

STARTED_POLL_SECONDS = 0.01


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

    async def accepting(self, serving: asyncio.Task[None]) -> None:
        """Return when it does. ``serving`` is its task, and raises what hinders it."""
        while not self.started:
            if serving.done():
                return await serving
            await asyncio.sleep(STARTED_POLL_SECONDS)

    def leave(self) -> None:
        """Accept no more, and end with the last connection."""
        self._leaving = True
        for server in self.servers:
            server.close()

    async def on_tick(self, counter: int) -> bool:
        left = self._leaving and not self.server_state.connections
        return await super().on_tick(counter) or left

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

"""An app on an address of this machine, in the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from clew.errors import ClewError
from clew.mesh.naming.bound import Address

STARTED_POLL_SECONDS = 0.01


class PortError(ClewError):
    """An address cannot be listened on."""


class AppServer:
    """Serves one app on one address."""

    def __init__(
        self,
        ip: str,
        port: int,
        app: Starlette,
        *,
        name: str = "admin port",
        section: str = "admin",
    ) -> None:
        """``port`` 0 takes a free one. ``section`` of the file is where ``name`` is configured."""
        self._ip = ip
        self._port = port
        self._app = app
        self._name = name
        self._section = section
        self._server = _Server(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:9990``; with the port that was taken, once it is started."""
        return f"http://{Address(self._ip, self._port)}"

    async def start(self) -> None:
        """Return when it accepts connections. Raises PortError."""
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve([listener]), name=self._name)
        while not self._server.started:
            if self._serving.done():
                return await self._serving
            await asyncio.sleep(STARTED_POLL_SECONDS)

    def use(self, app: Starlette) -> None:
        """Answer the next requests with this app."""
        self._app = app

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._ip else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._ip, self._port))
            listener.listen(128)
        except OSError as error:
            listener.close()
            place = f"{self._name} {self._ip}:{self._port}"
            if error.errno == errno.EADDRINUSE:
                raise PortError(
                    f"{place} is already in use by another program",
                    hint=f"stop it, or set {self._section}.port to another one",
                ) from error
            raise PortError(
                f"{place} cannot be listened on: {error.strerror}",
                hint=f"set {self._section}.ip and {self._section}.port to an address of this "
                "machine",
            ) from error
        return listener


class _Server(uvicorn.Server):
    """Signals belong to the command, not to one of its servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

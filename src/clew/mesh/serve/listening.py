"""An app on an address of this machine, plain or by TLS, in the running event loop."""

from __future__ import annotations

import asyncio
import errno
import socket

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from clew.errors import ClewError
from clew.mesh.naming.bound import Address
from clew.mesh.serve.certificates import POLL_SECONDS
from clew.mesh.serve.listener_tls import ListenerTls
from clew.mesh.serve.quiet_server import QuietServer


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
        tls: ListenerTls | None = None,
        name: str = "admin port",
        section: str = "admin",
        port_key: str = "port",
    ) -> None:
        """``port`` 0 takes a free one. ``section`` of the file is where ``name`` is configured, its
        port by ``port_key``.
        """
        self._ip = ip
        self._port = port
        self._app = app
        self._tls = tls
        self._name = name
        self._section = section
        self._port_key = port_key
        self._listener: socket.socket | None = None
        self._servers: dict[asyncio.Task[None], QuietServer] = {}
        """Only the newest accepts; the others serve the connections that they have."""
        self._changing = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:9990``; with the port that was taken, once it is started."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{Address(self._ip, self._port)}"

    async def start(self) -> None:
        """Return when it accepts connections. Raises PortError."""
        self._listener = self._listen()
        self._port = self._listener.getsockname()[1]
        await self._accept(self._listener)
        self._following = asyncio.create_task(self._follow(), name=f"tls of {self._name}")

    def use(self, app: Starlette) -> None:
        """Answer the next requests with this app."""
        self._app = app

    async def speak(self, tls: ListenerTls | None) -> None:
        """Plain or by TLS from the next connection on; those that there are go on as they are."""
        self._tls = tls
        if self._listener is not None:
            await self._accept(self._listener)

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        if self._listener is not None:
            self._listener.close()
        for server in self._servers.values():
            server.end()
        await asyncio.gather(*self._servers)

    async def _accept(self, listener: socket.socket) -> None:
        """A server of its own for each way of speaking; they share the system's queue."""
        async with self._changing:
            server = QuietServer(self._answer, None if self._tls is None else self._tls.context)
            serving = asyncio.create_task(server.serve([listener.dup()]), name=self._name)
            others = tuple(self._servers.values())
            self._servers[serving] = server
            serving.add_done_callback(self._servers.pop)
            await server.accepting(serving)
            for other in others:
                other.leave()

    async def _follow(self) -> None:
        """Take renewed certificates, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            tls = self._tls
            if tls is not None and await tls.look() and tls is self._tls:
                await self.speak(tls)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

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
                    hint=f"stop it, or set {self._section}.{self._port_key} to another one",
                ) from error
            raise PortError(
                f"{place} cannot be listened on: {error.strerror}",
                hint=f"set {self._section}.ip and {self._section}.{self._port_key} to an address "
                "of this machine",
            ) from error
        return listener

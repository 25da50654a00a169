"""The admin port, which moves when the file says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from clew.mesh.config.admin import Admin
from clew.mesh.serve.listener_tls import ListenerTls, listener_tls
from clew.mesh.serve.listening import AppServer


class AdminPort:
    """Serves one app where the file's ``admin`` section says."""

    def __init__(self, admin: Admin, app: Starlette) -> None:
        """Raises BadCertificate."""
        self._admin = admin
        self._app = app
        self._server = self._at(admin, listener_tls(admin.tls))

    @property
    def url(self) -> str:
        """``http://127.0.0.1:9990``; with the port that was taken, once it is started."""
        return self._server.url

    async def start(self) -> None:
        """Return when it accepts connections. Raises PortError."""
        await self._server.start()

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        await self._server.stop()

    def use(self, app: Starlette) -> None:
        """Answer the next requests with this app."""
        self._app = app
        self._server.use(app)

    @asynccontextmanager
    async def moving(self, admin: Admin) -> AsyncIterator[None]:
        """From the end of the block on it is as ``admin`` says; when the block raises, it stays
        as it is. Raises PortError or BadCertificate before the block when it cannot change.
        """
        moves = (admin.ip, admin.port) != (self._admin.ip, self._admin.port)
        if moves:
            async with self._moving(admin):
                yield
        elif admin.tls != self._admin.tls:
            tls = listener_tls(admin.tls)
            yield
            await self._server.speak(tls)
        else:
            yield
        self._admin = admin

    @asynccontextmanager
    async def _moving(self, admin: Admin) -> AsyncIterator[None]:
        server = self._at(admin, listener_tls(admin.tls))
        await server.start()
        try:
            yield
        except BaseException:
            await server.stop()
            raise
        left, self._server = self._server, server
        await left.stop()

    def _at(self, admin: Admin, tls: ListenerTls | None) -> AppServer:
        return AppServer(admin.ip, admin.port, self._app, tls=tls)

"""The admin port, which moves when the file says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from clew.mesh.config.admin import Admin
from clew.mesh.serve.listening import AppServer


class AdminPort:
    """Serves one app where the file's ``admin`` section says."""

    def __init__(self, admin: Admin, app: Starlette) -> None:
        self._place = (admin.ip, admin.port)
        self._app = app
        self._server = AppServer(*self._place, app)

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
        """From the end of the block on it is where ``admin`` says; when the block raises, it stays
        where it is. Raises PortError before the block when it cannot move.
        """
        place = (admin.ip, admin.port)
        if place == self._place:
            yield
            return
        server = AppServer(*place, self._app)
        await server.start()
        try:
            yield
        except BaseException:
            await server.stop()
            raise
        left, self._server, self._place = self._server, server, place
        await left.stop()

"""The ports for operators, which move when the file says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from clew.mesh.config.admin import Admin
from clew.mesh.config.tls import ServerTls
from clew.mesh.serve.listener_tls import listener_tls
from clew.mesh.serve.listening import AppServer


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is served, and how."""

    ip: str
    port: int
    tls: ServerTls | None
    name: str
    """In messages."""
    key: str
    """By which ``admin`` has the port."""

    def server(self, app: Starlette) -> AppServer:
        """Not started yet. Raises BadCertificate."""
        tls = listener_tls(self.tls)
        return AppServer(self.ip, self.port, app, tls=tls, name=self.name, port_key=self.key)


def admin_place(admin: Admin) -> Place:
    """Where the pages are."""
    return Place(admin.ip, admin.port, admin.tls, "admin port", "port")


def identifier_place(admin: Admin) -> Place | None:
    """Where requests are told their names; None is nowhere."""
    port, key = admin.http_identifier_port, "httpIdentifierPort"
    return None if port is None else Place(admin.ip, port, admin.tls, "identifier port", key)


class AdminPort:
    """Serves one app where the file's ``admin`` section says."""

    def __init__(
        self,
        admin: Admin,
        app: Starlette,
        place_in: Callable[[Admin], Place | None] = admin_place,
    ) -> None:
        """Raises BadCertificate."""
        self._place_in = place_in
        self._place = place_in(admin)
        self._app = app
        self._server = self._at(self._place)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:9990``; with the port that was taken, once it is started. Empty when
        it is served nowhere."""
        return "" if self._server is None else self._server.url

    async def start(self) -> None:
        """Return when it accepts connections. Raises PortError."""
        if self._server is not None:
            await self._server.start()

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        if self._server is not None:
            await self._server.stop()

    def use(self, app: Starlette) -> None:
        """Answer the next requests with this app."""
        self._app = app
        if self._server is not None:
            self._server.use(app)

    @asynccontextmanager
    async def moving(self, admin: Admin) -> AsyncIterator[None]:
        """From the end of the block on it is as ``admin`` says; when the block raises, it stays
        as it is. Raises PortError or BadCertificate before the block when it cannot change.
        """
        place = self._place_in(admin)
        if place == self._place:
            yield
        elif place and self._server and _address(place) == _address(self._place):
            tls = listener_tls(place.tls)
            yield
            await self._server.speak(tls)
        else:
            async with self._moving_to(place):
                yield
        self._place = place

    @asynccontextmanager
    async def _moving_to(self, place: Place | None) -> AsyncIterator[None]:
        server = self._at(place)
        if server is not None:
            await server.start()
        try:
            yield
        except BaseException:
            if server is not None:
                await server.stop()
            raise
        left, self._server = self._server, server
        if left is not None:
            await left.stop()

    def _at(self, place: Place | None) -> AppServer | None:
        return None if place is None else place.server(self._app)


def _address(place: Place | None) -> tuple[str, int] | None:
    return None if place is None else (place.ip, place.port)

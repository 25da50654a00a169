"""An app on a unix socket."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from starlette.applications import Starlette

from clew.mesh.serve.quiet_server import QuietServer


class SocketServer:
    """Serves one app on a unix socket that only this user can reach."""

    def __init__(self, path: Path, app: Starlette) -> None:
        self._path = path
        self._server = QuietServer(app)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when it accepts connections; a socket that an earlier run has left is replaced."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._serving = asyncio.create_task(self._server.serve([listener]), name=self._path.name)
        await self._server.accepting(self._serving)

    async def stop(self) -> None:
        """Refuse connections, and give open requests a second."""
        self._server.end()
        if self._serving is not None:
            await self._serving

"""Which pages of the admin port are served: ``admin.security``, by Linkerd's groups of paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from clew.mesh.config.admin import Security

_UI = (
    "/",
    "/files/.*",
    "/admin/files/.*",
    "/config.json",
    "/metrics.json",
    "/admin/metrics.json",
    "/admin/metrics",
    "/delegator",
    "/delegator.json",
    "/logging",
    "/help",
    # clew's own pages, what they load, and what they show first
    "/names",
    "/assets/.*",
    "/favicon.*",
    "/clew/mesh.json",
    "/clew/override.json",
)
_CONTROL = ("/admin/shutdown", "/logging.json", "/clew/send")


def is_served(path: str, security: Security) -> bool:
    """Whether the page may be seen; patterns must match the whole path."""
    if _matches(path, security.path_blacklist):
        return False
    if _matches(path, _UI):
        enabled = security.ui_enabled
    elif _matches(path, _CONTROL):
        enabled = security.control_enabled
    else:
        enabled = security.diagnostics_enabled
    return enabled or _matches(path, security.path_whitelist)


class Guard:
    """Answers 404 for what is not served."""

    def __init__(self, app: ASGIApp, security: Callable[[], Security | None]) -> None:
        """``security`` is that of the file in use; None serves everything."""
        self._app = app
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        security = self._security()
        if scope["type"] == "http" and security and not is_served(scope["path"], security):
            await Response(status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)

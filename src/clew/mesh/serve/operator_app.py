"""What every admin port has: an index, the shape of errors, who may see what, and a few pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from clew.errors import ClewError
from clew.mesh.config.admin import Security
from clew.mesh.serve.levels import LEVELS, levels, set_level
from clew.mesh.serve.security import Guard

log = logging.getLogger(__name__)


def operator_app(
    pages: Sequence[Route],
    security: Callable[[], Security | None],
    files: Sequence[BaseRoute] = (),
) -> Starlette:
    """The pages, with an index of them, and files that are in no index."""

    async def index(_: Request) -> Response:
        return PlainTextResponse("".join(f"{route.path}\n" for route in routes))

    async def not_found(request: Request, _: Exception) -> Response:
        paths = "".join(f"  {route.path}\n" for route in routes)
        return PlainTextResponse(
            f"There is no {request.url.path} here. There is:\n{paths}", status_code=404
        )

    async def failed(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", status_code=503)

    routes = [Route("/admin", index), Route("/admin/index.txt", index), *pages]
    return Starlette(
        routes=[*routes, *files],
        middleware=[Middleware(Guard, security=security)],
        exception_handlers={404: not_found, ClewError: failed},
    )


def document_route(path: str, document: Callable[[], Any]) -> Route:
    """What is just shown, as JSON."""

    async def answer(_: Request) -> Response:
        return JSONResponse(document())

    return Route(path, answer)


def shutdown_route(shutdown: Callable[[], None]) -> Route:
    """``shutdown`` begins the end."""

    async def answer(_: Request) -> Response:
        log.warning("asked to stop on the admin port")
        shutdown()
        return PlainTextResponse("")

    return Route("/admin/shutdown", answer, methods=["POST"])


async def _logging(request: Request) -> Response:
    if request.method != "POST":
        return JSONResponse(levels())
    query = request.query_params
    try:
        set_level(query["logger"], query["level"])
    except KeyError as error:
        raise HTTPException(
            400, f"it needs ?logger=NAME&level=LEVEL, one of {', '.join(LEVELS)}"
        ) from error
    return Response()


LOGGING = Route("/logging.json", _logging, methods=["GET", "POST"])
"""The levels of the log, to see and to change."""

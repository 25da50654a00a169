"""``/api/1/dtabs``: the dtabs of all namespaces, to read, to watch and to change."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clew.errors import ClewError
from clew.mesh.namerd.answering import Answering
from clew.mesh.namerd.dtab_text import JSON, TEXT, BadDtab, read_body, show
from clew.mesh.namerd.names import WAITING, Told, told
from clew.mesh.namerd.storage import (
    Dtabs,
    NamespaceExists,
    NoSuchNamespace,
    Outdated,
    Storage,
    StorageRefused,
)
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab

MAX_BYTES = 1 << 20
"""Of a dtab that is sent."""
_STATUS: dict[type[ClewError], int] = {
    BadDtab: 400,
    StorageRefused: 403,
    NoSuchNamespace: 404,
    NamespaceExists: 409,
    Outdated: 412,
}


def dtab_routes(storage: Storage, answering: Answering) -> list[Route]:
    """The pages."""

    async def every(request: Request) -> Response:
        def explain(_: Answers) -> Told:
            return WAITING if storage.dtabs is None else told(sorted(storage.dtabs))

        return await answering.answer(request, explain)

    async def one(request: Request) -> Response:
        namespace = request.path_params["namespace"]
        try:
            if request.method in ("GET", "HEAD"):
                return await _read(request, namespace)
            await _change(request, namespace, storage)
        except ClewError as error:
            raise HTTPException(_STATUS[type(error)], str(error)) from error
        return Response(status_code=204)

    async def _read(request: Request, namespace: str) -> Response:
        media_type = TEXT if TEXT in request.headers.get("accept", "") else JSON
        stored = _known(storage).get(namespace)
        if stored is None:
            raise NoSuchNamespace(namespace)

        def explain(_: Answers) -> Told:
            stored = _known(storage).get(namespace)
            if stored is None:
                return Told(failed=True)  # it was deleted: the watch ends
            return Told(show(stored.dtab, media_type))

        headers = {"etag": stored.version}
        return await answering.answer(request, explain, media_type=media_type, headers=headers)

    methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    return [
        Route("/api/1/dtabs", every),
        Route("/api/1/dtabs/{namespace}", one, methods=methods),
    ]


async def _change(request: Request, namespace: str, storage: Storage) -> None:
    match request.method:
        case "POST":
            await storage.create(namespace, await _sent(request))
        case "PUT":
            wanted = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
            await storage.update(namespace, await _sent(request), wanted or None)
        case _:
            await storage.delete(namespace)


async def _sent(request: Request) -> Dtab:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, f"a dtab has at most {MAX_BYTES} bytes")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return read_body(bytes(body), media_type)


def _known(storage: Storage) -> Dtabs:
    if storage.dtabs is None:
        raise HTTPException(503, "the storage has not been read yet")
    return storage.dtabs

"""``/delegator.json``: how a name is bound, asked by query or by a JSON body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.serve.posted import json_body

DELEGATE_SECONDS = 2.0
"""How long a delegation may wait for namers, as in Linkerd."""

Delegation = Mapping[str, Any]
"""The JSON document of linkerd's delegation tree."""
Delegator = Callable[[str | None, Path, Dtab], Awaitable[Delegation | None]]
"""By namespace, path and dtab; None when there is no such namespace."""


async def delegation_page(request: Request, delegate: Delegator) -> Response:
    """The page: a tree as JSON, or why there is none."""
    asked = await asked_delegation(request)
    try:
        path = Path.read(asked.path)
    except ParseError as error:
        raise HTTPException(400, f"Invalid path: {error}") from error
    try:
        dtab = Dtab.read(asked.dtab)
    except ParseError as error:
        raise HTTPException(400, f"Invalid dtab: {error}") from error
    try:
        async with asyncio.timeout(DELEGATE_SECONDS):
            tree = await delegate(asked.namespace, path, dtab)
    except TimeoutError as error:
        raise HTTPException(503, "Request timed out.") from error
    if tree is None:
        raise HTTPException(501, f"Name Interpreter for {asked.namespace} cannot show delegations")
    return JSONResponse(tree)


@dataclass(frozen=True, slots=True)
class AskedDelegation:
    """As the request has it, unread."""

    namespace: str | None
    path: str
    dtab: str


async def asked_delegation(request: Request) -> AskedDelegation:
    """By query, or by a JSON body that must have both ``dtab`` and ``path``."""
    if request.method != "POST":
        query = request.query_params
        # the dtab is the whole one; a router's own is not added to it
        return AskedDelegation(
            query.get("namespace") or None, query.get("path", ""), query.get("dtab", "")
        )
    try:
        body = json.loads(await json_body(request))
    except ValueError as error:
        raise HTTPException(400, f"Invalid JSON: {error}") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "Invalid JSON: an object is expected")
    for key in ("dtab", "path"):
        if not isinstance(body.get(key), str):
            raise HTTPException(400, f"Invalid JSON: '{key}' must be a string")
    namespace = body.get("namespace")
    return AskedDelegation(str(namespace) if namespace else None, body["path"], body["dtab"])

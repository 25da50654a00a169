"""``/api/1/bind`` and its siblings: what names are bound to by the dtab of a namespace."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clew.mesh.binding.explain import Delegation, delegate
from clew.mesh.binding.rules import NamerRule
from clew.mesh.namerd.answering import Answering
from clew.mesh.namerd.names import WAITING, Names, Told, told
from clew.mesh.namerd.storage import Storage
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.serve.delegator import delegation_page
from clew.mesh.serve.discovery import Discovery
from clew.mesh.serve.names_page import bound_names

Read = TypeVar("Read")


class Resolver:
    """Names of the namers of the file, by the dtabs of the storage."""

    def __init__(self, storage: Storage, discovery: Discovery, rules: Sequence[NamerRule]) -> None:
        self._storage = storage
        self._discovery = discovery
        self._rules = rules

    def table(self, namespace: str | None) -> Dtab | None:
        """An empty one where there is no such namespace; None until the storage was read."""
        dtabs = self._storage.dtabs
        if dtabs is None:
            return None
        stored = None if namespace is None else dtabs.get(namespace)
        return Dtab() if stored is None else stored.dtab

    def names(self, answers: Answers) -> Names:
        """As the namers have answered."""
        return Names(self._rules, answers)

    async def delegate(self, path: Path, dtab: Dtab) -> Delegation:
        """Every step from a path, by a whole dtab."""
        return await self._discovery.explain(
            lambda answers: delegate(path, dtab, self._rules, answers)
        )


def name_routes(resolver: Resolver, answering: Answering) -> list[Route]:
    """The pages."""

    async def bind(request: Request) -> Response:
        name, override = _asked(request, "path", Path.read), _asked(request, "dtab", Dtab.read)

        def explain(answers: Answers) -> Told:
            table = resolver.table(request.path_params["namespace"])
            if table is None:
                return WAITING
            return resolver.names(answers).bound(name, table + override)

        return await answering.answer(request, explain)

    async def resolve(request: Request) -> Response:
        name, override = _asked(request, "path", Path.read), _asked(request, "dtab", Dtab.read)
        draw = random.random()

        def explain(answers: Answers) -> Told:
            table = resolver.table(request.path_params["namespace"])
            if table is None:
                return WAITING
            return resolver.names(answers).resolved(name, table + override, draw)

        return await answering.answer(request, explain)

    async def addr(request: Request) -> Response:
        id = _asked(request, "path", Path.read)
        return await answering.answer(request, lambda answers: resolver.names(answers).addr(id))

    async def bound(request: Request) -> Response:
        return await answering.answer(request, lambda answers: told(bound_names(answers)))

    async def delegations(request: Request) -> Response:
        namespace = request.path_params.get("namespace")

        async def by_table(asked: str | None, path: Path, dtab: Dtab) -> Mapping[str, Any]:
            table = resolver.table(namespace or asked)
            if table is None:
                raise HTTPException(503, "the storage has not been read yet")
            return (await resolver.delegate(path, table + dtab)).document

        return await delegation_page(request, by_table)

    both = ["GET", "POST"]
    return [
        Route("/api/1/bind/{namespace}", bind),
        Route("/api/1/resolve/{namespace}", resolve),
        Route("/api/1/addr/{namespace}", addr),
        Route("/api/1/delegate", delegations, methods=both),
        Route("/api/1/delegate/{namespace}", delegations, methods=both),
        Route("/api/1/bound-names", bound),
    ]


def _asked(request: Request, key: str, read: Callable[[str], Read]) -> Read:
    text = request.query_params.get(key, "")
    try:
        return read(text)
    except ParseError as error:
        raise HTTPException(400, f"Invalid {key}: {text} / {error}") from error

"""``admin.httpIdentifierPort``: how each http router would name the request that is made there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clew.mesh.config.router import HttpRouter, Router
from clew.mesh.naming.path import ParseError
from clew.mesh.xds.asked import Head, asked_for
from clew.mesh.xds.identifiers import header_name, why_not
from clew.mesh.xds.ingress import RulesBy


class IdentifierPage:
    """Answers requests of every method and path."""

    def __init__(
        self, routers: Callable[[], Iterable[Router]], rules: Callable[[], RulesBy]
    ) -> None:
        """Those of the file in use, and what Ingresses say by now."""
        self._routers = routers
        self._rules = rules

    @property
    def app(self) -> Starlette:
        """It alone."""
        # not a function, which would take GET only
        return Starlette(routes=[Route("/{path:path}", self)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head, rules = _head(Request(scope)), self._rules()
        document = {
            router.label: identified(router, head, rules)
            for router in self._routers()
            if isinstance(router, HttpRouter)
        }
        await JSONResponse(document)(scope, receive, send)


def identified(router: HttpRouter, head: Head, rules: RulesBy) -> Mapping[str, str]:
    """Its name and the dtab that binds it, or why it has none; without what is empty."""
    asked = asked_for(router, head, rules)
    try:
        dtab = router.dtab + asked.read_override()
    except ParseError as error:
        return {"error": error.message}
    if not asked.identified:
        return {"error": asked.unreadable or why_not(router.identifier)}
    return {"path": str(asked.name)} | ({"dtab": str(dtab)} if dtab.dentries else {})


def _head(request: Request) -> Head:
    raw = request.scope["raw_path"] + (b"?" if request.url.query else b"")
    return Head(
        method=request.method,
        target=(raw + request.scope["query_string"]).decode("latin-1"),
        is_1_0=request.scope["http_version"] == "1.0",
        headers={
            header_name(name): ",".join(request.headers.getlist(name)) for name in request.headers
        },
    )

"""What a router adds to the answer of a diagnostic ``TRACE``: Envoy tells what it did with the
request, and is told how the name was bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clew.errors import ClewError
from clew.mesh.binding.resolution import first_client, resolution
from clew.mesh.config.linker import Linker
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError
from clew.mesh.serve.delegator import DELEGATE_SECONDS, Delegation, Delegator
from clew.mesh.xds.names import Asked, read_asked
from clew.mesh.xds.router_context import ASKED, CLIENT, NOWHERE, SELECTED, TOOK


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a request in one router."""

    router: str
    """The router's label."""
    name: str
    """The service name."""
    took_ms: str
    """Milliseconds until the endpoint began to answer."""
    client: str
    """What the name is bound to."""
    addresses: Collection[str]
    """Of the client."""
    selected: str
    """One of them; empty when none was asked."""
    steps: Collection[str]
    """From the name to the client."""

    @property
    def text(self) -> str:
        """As Linkerd writes it."""
        lines = (
            f"--- Router: {self.router} ---",
            f"request duration: {self.took_ms} ms",
            f"service name: {self.name}",
            f"client name: {self.client}",
            f"addresses: [{', '.join(self.addresses)}]",
            f"selected address: {self.selected}",
            "dtab resolution:",
            *(f"  {step}" for step in self.steps),
        )
        return "".join(f"{line}\n" for line in lines)


class ContextPage:
    """Tells Envoy what to add."""

    def __init__(
        self,
        linker: Callable[[], Linker],
        delegate: Delegator,
        addresses: Callable[[str, str], Collection[str]],
    ) -> None:
        """Those of the file in use; ``addresses`` are by the name of a cluster and a client id."""
        self._linker = linker
        self._delegate = delegate
        self._addresses = addresses

    @property
    def app(self) -> Starlette:
        """It alone."""
        return Starlette(routes=[Route("/", self._answer)])

    async def _answer(self, request: Request) -> Response:
        told = request.headers
        cluster, linker = told.get(ASKED, ""), self._linker()
        asked = read_asked(cluster, linker)
        if asked is None:
            raise HTTPException(NOWHERE)  # the router has gone meanwhile
        (dtab,) = (router.dtab for router in linker.routers if router.label == asked.router)
        tree = await self._tree(asked, dtab)
        client = told.get(CLIENT) or (first_client(tree) if tree else "")
        if not client:
            raise HTTPException(NOWHERE)
        passage = Passage(
            router=asked.router,
            name=str(asked.name),
            took_ms=told.get(TOOK, "0"),
            client=client,
            addresses=self._addresses(cluster, client),
            selected=told.get(SELECTED, ""),
            steps=resolution(tree, client) if tree else (),
        )
        return PlainTextResponse(passage.text)

    async def _tree(self, asked: Asked, dtab: Dtab) -> Delegation | None:
        """None when it cannot be had; the rest is worth telling. ``dtab`` is the router's."""
        try:
            async with asyncio.timeout(DELEGATE_SECONDS):
                whole = dtab + asked.read_override()
                return await self._delegate(asked.router, asked.name, whole)
        except (TimeoutError, ParseError, ClewError):
            return None

"""``/clew/override.json``: what an override would change for all names that requests asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.serve.delegator import DELEGATE_SECONDS
from clew.mesh.serve.impact import Change, Impact
from clew.mesh.serve.posted import read_posted

AT_ONCE = 100
"""Names that are bound before other work of the mesh has its turn."""


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked."""

    router: str
    """Its label."""
    dtab: str
    """Comes behind the router's own, so it wins."""


class Changed(msgspec.Struct, frozen=True):
    """The answer."""

    names: int
    """How many were compared."""
    changes: tuple[Change, ...]
    """By name."""


Comparison = Callable[[str, Dtab], Awaitable[Changed | None]]
"""By the router's label; None when there is none with that label."""


async def override_page(request: Request, compare: Comparison) -> Response:
    """The page: the names that bind to something else, before and after."""
    asked = await read_posted(request, Override)
    try:
        dtab = Dtab.read(asked.dtab)
    except ParseError as error:
        raise HTTPException(400, f"Invalid dtab: {error}") from error
    changed = await compare(asked.router, dtab)
    if changed is None:
        raise HTTPException(400, f"There is no router {asked.router} in the linker file")
    return JSONResponse(msgspec.to_builtins(changed))


class Explaining(Protocol):
    """What :class:`clew.mesh.serve.discovery.Discovery` does for an impact."""

    async def explain(self, explain: Callable[[Answers], Impact]) -> Impact:
        """Once its namers have said what it depends on."""
        ...


async def compared(
    names: Sequence[Path],
    discovery: Explaining,
    impact: Callable[[Sequence[Path], Answers], Impact],
) -> Changed:
    """All of them, some at a time; namers that say nothing for long leave names ``pending``."""
    deadline = asyncio.get_running_loop().time() + DELEGATE_SECONDS
    changes: list[Change] = []
    for some in _parts(names):
        said: list[Impact] = []

        def explain(
            answers: Answers, some: Sequence[Path] = some, said: list[Impact] = said
        ) -> Impact:
            said.append(impact(some, answers))
            return said[-1]

        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await discovery.explain(explain)
        changes += said[-1].changes
        await asyncio.sleep(0)
    return Changed(len(names), tuple(changes))


def _parts(names: Sequence[Path]) -> Iterator[Sequence[Path]]:
    rest = iter(names)
    while some := list(islice(rest, AT_ONCE)):
        yield some

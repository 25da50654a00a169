"""What is the same for every question: where it is served, by which thread, what errors become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from clew.trace.query import InvalidQuery
from clew.trace.search_language.tokens import InvalidSearch
from clew.trace.store import QueryTimeout, StoreUnavailable

PREFIXES = ("/api", "/zipkin/api")
"""Both are Zipkin's: its own pages ask below ``/zipkin``."""

Question = Callable[[Request], Response]


class NotFound(Exception):
    """What was asked for does not exist; the text is the answer's body."""


class Desk:
    """Answers questions in threads, a few at a time, so that the event loop never waits."""

    def __init__(self, at_once: int) -> None:
        self._room = anyio.CapacityLimiter(at_once)

    def routes(self, path: str, question: Question) -> list[BaseRoute]:
        """``question`` under ``path``, below every prefix."""

        async def endpoint(request: Request) -> Response:
            return await anyio.to_thread.run_sync(_answer, question, request, limiter=self._room)

        return [Route(prefix + path, endpoint) for prefix in PREFIXES]


def _answer(question: Question, request: Request) -> Response:
    try:
        return question(request)
    except (InvalidQuery, InvalidSearch) as error:
        return PlainTextResponse(str(error), 400)
    except NotFound as error:
        return PlainTextResponse(str(error), 404)
    except (QueryTimeout, StoreUnavailable) as error:
        return PlainTextResponse(str(error), 503, headers={"retry-after": "1"})


def json(body: bytes, **headers: str) -> Response:
    """``body`` as Zipkin types it: without a charset."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, media_type="application/json", headers=named)


def json_of(value: Any, **headers: str) -> Response:
    """``value`` as JSON."""
    return json(msgspec.json.encode(value), **headers)

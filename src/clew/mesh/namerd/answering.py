"""Answers of namerd's pages: one document, or with ``watch=true`` a line for each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from clew.mesh.namerd.names import Told
from clew.mesh.naming.answer import Answers
from clew.mesh.serve.discovery import Discovery

ANSWER_SECONDS = 10.0
"""How long one answer may wait for namers; who watches waits for ever."""

Explain = Callable[[Answers], Told]


class Answering:
    """Answers by what namers and the storage say, until it is closed."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery
        self._closed = False

    def close(self) -> None:
        """End every watch, so that the server need not wait for them."""
        self._closed = True
        self._discovery.stir()

    async def answer(
        self,
        request: Request,
        explain: Explain,
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """By the query ``watch``."""
        if request.query_params.get("watch") == "true":
            return StreamingResponse(self._lines(explain), media_type=media_type, headers=headers)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                told = await self._discovery.explain(explain)
        except TimeoutError as error:
            raise HTTPException(503, "Request timed out.") from error
        if told.failed:
            raise HTTPException(500, told.line)
        return Response(told.line, media_type=media_type, headers=headers)

    async def _lines(self, explain: Explain) -> AsyncGenerator[str, None]:
        def unless_closed(answers: Answers) -> Told:
            return Told(failed=True) if self._closed else explain(answers)

        async with aclosing(self._discovery.follow(unless_closed)) as following:
            async for told in following:
                yield told.line
                if told.failed:
                    return

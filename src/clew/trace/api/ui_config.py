"""``GET /zipkin/config.json``."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from clew.trace.api.settings import ApiSettings


def routes(settings: ApiSettings) -> list[BaseRoute]:
    """One document, the same for as long as the server runs."""
    search_enabled = settings.search_enabled and settings.ui.search_enabled
    config = msgspec.structs.replace(settings.ui, search_enabled=search_enabled)
    body = msgspec.json.format(msgspec.json.encode(config))

    async def config_json(request: Request) -> Response:
        headers = {"cache-control": "max-age=600"}
        return Response(body, media_type="application/json", headers=headers)

    return [Route("/zipkin/config.json", config_json)]

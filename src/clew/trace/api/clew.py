"""``GET /api/clew/…``: what the pages need beyond Zipkin's API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

import clew
from clew.trace.api.asking import Desk, json_of
from clew.trace.api.openapi import document
from clew.trace.api.service import list_services
from clew.trace.api.settings import ApiSettings
from clew.trace.store import SpanStore


def routes(store: SpanStore, settings: ApiSettings) -> list[BaseRoute]:
    """Our paths, below both prefixes."""
    desk, described = Desk(settings.at_once), document(clew.__version__)

    def services(request: Request) -> Response:
        return json_of(list_services(store) if settings.search_enabled else [])

    def openapi(request: Request) -> Response:
        return json_of(described)

    return [
        *desk.routes("/clew/services", services),
        *desk.routes("/clew/openapi.json", openapi),
    ]

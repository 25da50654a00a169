"""Answers over HTTP: Zipkin's query API, and ours."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from clew.trace.api import clew, ui_config, zipkin
from clew.trace.api.settings import ApiSettings
from clew.trace.store import SpanStore

__all__ = ["ApiSettings", "middleware", "routes"]

_WORTH_ZIPPING = 2048


def routes(store: SpanStore, settings: ApiSettings) -> list[BaseRoute]:
    """What answers questions; nothing when the query API is off."""
    if not settings.query_enabled:
        return []
    return [
        *zipkin.routes(store, settings),
        *clew.routes(store, settings),
        *ui_config.routes(settings),
    ]


def middleware(settings: ApiSettings) -> list[Middleware]:
    """For the whole server, collector included: browsers report spans from other origins too."""
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "x-grpc-web"],
            expose_headers=[
                *("grpc-status", "grpc-message", "armeria.grpc.ThrowableProto-bin"),
                *("link", "clew-next-cursor"),
            ],
        ),
        Middleware(GZipMiddleware, minimum_size=_WORTH_ZIPPING, compresslevel=5),
    ]

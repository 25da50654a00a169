"""``GET /api/clew/openapi.json``: what our own paths answer. Zipkin's are described by Zipkin."""

from __future__ import annotations

from typing import Any

import msgspec

from clew.trace.api.service import Service

_PLAIN = {"text/plain": {"schema": {"type": "string"}}}


def document(version: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document; its schemas are those of the structs that are sent."""
    (services,), components = msgspec.json.schema_components(
        [list[Service]], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "clew", "version": version},
        "paths": {
            "/api/clew/services": _get("Every service, and how it is shown.", services),
            "/api/clew/openapi.json": _get("This document.", {"type": "object"}),
        },
        "components": {"schemas": components},
    }


def _get(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "responses": {
                "200": {
                    "description": summary,
                    "content": {"application/json": {"schema": schema}},
                },
                "503": {"description": "Ask again later: the text says why.", "content": _PLAIN},
            },
        }
    }

"""What clew notes on clusters, endpoints and routes, for Envoy's formatters to print."""

from __future__ import annotations

from typing import Any

from envoy.config.core.v3 import base_pb2

NAMESPACE = "clew"
TRANSPORT = "envoy.transport_socket_match"
"""The namespace by which Envoy chooses how it connects to an endpoint."""

LUA = "envoy.filters.http.lua"
"""The namespace in which a script finds what a route notes."""


def metadata(**fields: str | float) -> Any:
    """Metadata with these fields under ``clew``; a formatter prints a missing one as ``-``."""
    noted = base_pb2.Metadata()
    if fields:
        noted.filter_metadata[NAMESPACE].update(fields)
    return noted

"""Lua in Envoy, for the few things that neither its formats nor its CEL can say.

Envoy makes a coroutine for each request, so a script stands only where something needs it.
"""

from __future__ import annotations

from typing import Any

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2


def quoted(text: str) -> str:
    """A text as Lua writes it, whatever is in it."""
    return '"' + "".join(f"\\{byte:03}" for byte in text.encode()) + '"'


def script(source: str) -> Any:
    """A filter that runs ``envoy_on_request`` and ``envoy_on_response`` of ``source``."""
    return lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=source))

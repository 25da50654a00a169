"""What happens to an answer on its way back, beyond the headers of one connection.

A script, which only the few answers go through that need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clew.mesh.xds.lua import script
from clew.mesh.xds.matching import (
    ANYTHING,
    Case,
    all_of,
    any_of,
    fits,
    negated,
    only_when,
    response_header,
)

ANSWERS_FILTER = "answers"
SUCCESS_CLASS = "l5d-success-class"
BY_STATUS = "by_status"
"""Metadata of a route, for Lua: an answer is a failure when its status says so."""

_FAILURE = f"""\
  local failed = tonumber(headers:get(":status")) >= 500 and handle:metadata():get("{BY_STATUS}")
  if failed and headers:get("{SUCCESS_CLASS}") == "1.0" then
    headers:replace("{SUCCESS_CLASS}", "0.0")
  end
"""
# RFC 9110 section 7.6.1; Envoy drops Connection itself, and needs Upgrade for WebSocket
_CONNECTION_OPTIONS = """\
  for option in (headers:get("connection") or ""):gmatch("[^,%s]+") do
    if option:lower() ~= "upgrade" and option:sub(1, 1) ~= ":" then headers:remove(option) end
  end
"""
_MESH_ERROR = """\
  if headers:get("l5d-err") then
    local body = handle:body()
    if body then body:setBytes("") end
  end
"""


def cleaned(*, connection_options: bool, mesh_errors: bool) -> Any:
    """Failures are classed so, headers that ``Connection`` lists go, and the text of errors that a
    mesh has made."""
    steps = _FAILURE + _CONNECTION_OPTIONS * connection_options + _MESH_ERROR * mesh_errors
    source = f"function envoy_on_response(handle)\n  local headers = handle:headers()\n{steps}end\n"
    reasons = _reasons(connection_options=connection_options, mesh_errors=mesh_errors)
    return only_when(Case(any_of(reasons), ANSWERS_FILTER, script(source)))


def _reasons(*, connection_options: bool, mesh_errors: bool) -> Iterator[Any]:
    yield fits(response_header(":status"), "[5-9][0-9]*")
    if connection_options:
        connection = response_header("connection")
        # what servers send without meaning another header by it
        usual = fits(connection, "(?i)keep-alive|close|upgrade")
        yield all_of([fits(connection, ANYTHING), negated(usual)])
    if mesh_errors:
        yield fits(response_header("l5d-err"), ANYTHING)

"""What is taken out of an answer on its way back, beyond the headers of one connection."""

from __future__ import annotations

from typing import Any

from clew.mesh.xds.lua import script

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
    """Headers that ``Connection`` lists go, and the text of errors that a mesh has made."""
    steps = _CONNECTION_OPTIONS * connection_options + _MESH_ERROR * mesh_errors
    return script(
        f"function envoy_on_response(handle)\n  local headers = handle:headers()\n{steps}end\n"
    )

"""Diagnostic ``TRACE``: each router that such a request passes adds to the answer what it did.

The steps by which the name was bound are known to our control plane alone, so the script asks it.
Only the routes of ``TRACE`` switch the filter on; other requests do not meet it.
"""

from __future__ import annotations

from typing import Any

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf.any_pb2 import Any as PackedAny

from clew.mesh.xds.headers import setting
from clew.mesh.xds.lua import quoted, script
from clew.mesh.xds.metadata import NAMESPACE
from clew.mesh.xds.snapshot import pack

CONTEXT_FILTER = "router context"
CONTEXT_CLUSTER = "context"
"""Our control plane, as the bootstrap calls it."""
ASKED, CLIENT, SELECTED, TOOK = "clew-asked", "clew-client", "clew-selected", "clew-took"
"""Headers of what the control plane is told, and of an answer on its way to the filter: the
cluster, the client's id, the endpoint's address, and the milliseconds until it answered."""
NOWHERE = 404
"""The control plane's status for a name that leads to no client."""
BAD_MAX_FORWARDS = "Invalid value for Max-Forwards header"

_ASK_MS = 5000
_SOURCE = f"""\
local function context(handle, facts)
  facts[":method"], facts[":path"], facts[":authority"] = "GET", "/", "clew"
  local headers, text = handle:httpCall("{CONTEXT_CLUSTER}", facts, "", {_ASK_MS})
  local status = headers[":status"]
  if status == "200" then return text end
  return status ~= "{NOWHERE}" and "--- Router: " .. LABEL .. " ---\\n" or nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local written = headers:get("max-forwards")
  local most = written and written:find("^[+-]?%d+$") and tonumber(written)
  if written and not (most and most < 2^31) then
    return handle:respond({{[":status"] = "400"}}, "{BAD_MAX_FORWARDS}")
  end
  local wanted = (headers:get("l5d-add-context") or ""):lower()
  wanted = wanted == "true" or wanted == "1"
  if most == 0 then
    local text = wanted and context(handle, {{["{ASKED}"] = headers:get(CLUSTER_HEADER)}})
    -- what leads nowhere goes on: the router says why
    if wanted and not text then return end
    text = text and "\\n\\n" .. text or ""
    return handle:respond({{[":status"] = "200", ["content-type"] = "text/plain"}}, text)
  end
  if most and most > 0 then headers:replace("max-forwards", tostring(most - 1)) end
  if wanted then
    -- nothing can be added to what is compressed
    headers:remove("accept-encoding")
    handle:streamInfo():dynamicMetadata():set("{NAMESPACE}", "context", "wanted")
  end
end

function envoy_on_response(handle)
  local headers, facts = handle:headers(), {{}}
  for _, fact in ipairs({{"{ASKED}", "{CLIENT}", "{SELECTED}", "{TOOK}"}}) do
    facts[fact] = headers:get(fact)
    headers:remove(fact)
  end
  local noted = handle:streamInfo():dynamicMetadata():get("{NAMESPACE}")
  if not (noted and noted["context"] and facts["{SELECTED}"]) then return end
  local status = headers:get(":status")
  if status == "204" or status == "304" then return end
  local body = handle:body(true)
  local answered = body:getBytes(0, body:length()):match("^%s*(.-)%s*$")
  local text = context(handle, facts) or ""
  -- a second time: the first one is gone with the wait
  handle:body(true):setBytes(answered .. "\\n\\n" .. text)
end
"""


def router_context(label: str, cluster_header: str) -> Any:
    """The filter of one router. ``cluster_header`` names the cluster of a request."""
    names = f"local LABEL, CLUSTER_HEADER = {quoted(label)}, {quoted(cluster_header)}\n"
    return script(names + _SOURCE)


def switched_on() -> dict[str, PackedAny]:
    """What a route says to have the filter."""
    config = route_components_pb2.FilterConfig(config=pack(lua_pb2.LuaPerRoute()))
    return {CONTEXT_FILTER: pack(config)}


def facts() -> list[Any]:
    """What a route adds to an answer for the filter; without an endpoint there is no address."""
    return [
        setting(ASKED, "%UPSTREAM_CLUSTER_RAW%"),
        setting(CLIENT, f"%UPSTREAM_METADATA({NAMESPACE}:id)%"),
        setting(SELECTED, "%UPSTREAM_HOST%"),
        setting(TOOK, "%RESPONSE_DURATION%"),
    ]

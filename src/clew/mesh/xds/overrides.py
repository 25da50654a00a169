"""Dtabs that requests bring, ``l5d-ctx-dtab`` and ``l5d-dtab``: they are a part of the name of the
cluster, and go on as ``l5d-ctx-dtab``. Few requests have one, so the script is for these only.
"""

from __future__ import annotations

from clew.mesh.xds.identifiers import OVERRIDE_MARK
from clew.mesh.xds.lua import script
from clew.mesh.xds.matching import ANYTHING, Case, any_of, fits, request_header

_HEADERS = ("l5d-ctx-dtab", "l5d-dtab")
"""The later one wins."""


def overrides(cluster_header: str) -> Case:
    """Joins the dtabs of all header lines, and adds them to what names the cluster."""
    brought = any_of(fits(request_header(header), ANYTHING) for header in _HEADERS)
    return Case(brought, "dtabs", script(_script(cluster_header)))


def _script(cluster_header: str) -> str:
    carried, own = _HEADERS
    # xDS cannot carry other bytes, and "!" is no dtab
    return f"""\
function envoy_on_request(handle)
  local headers = handle:headers()
  local dtabs = {{}}
  for _, header in ipairs({{"{carried}", "{own}"}}) do
    local dtab = headers:get(header) or ""
    if dtab:find("[^\\t -~]") then dtab = "!" end
    if dtab ~= "" then table.insert(dtabs, dtab) end
  end
  headers:remove("{own}")
  if #dtabs == 0 then return end
  local joined = table.concat(dtabs, ",")
  headers:replace("{carried}", joined)
  local cluster = headers:get("{cluster_header}") or ""
  headers:replace("{cluster_header}", cluster .. "{OVERRIDE_MARK}" .. joined)
  handle:clearRouteCache()
end
"""

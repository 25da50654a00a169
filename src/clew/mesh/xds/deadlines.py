"""The time of an attempt, and ``l5d-ctx-deadline``: until when whoever asked wants an answer.

Envoy passes that header on as it came. Where a router limits time itself, the earlier of the two
deadlines is written instead. (finagle: Deadline.scala; it is advice, nobody enforces it)
"""

from __future__ import annotations

from typing import Any

from clew.mesh.config.client import ClientPolicy
from clew.mesh.config.router import Router
from clew.mesh.xds.durations import words
from clew.mesh.xds.errors import ATTEMPT_TIMEOUT
from clew.mesh.xds.headers import in_filter, set_to
from clew.mesh.xds.lua import script
from clew.mesh.xds.metadata import NAMESPACE

ATTEMPT_MS = "attempt_ms"
"""Cluster metadata: the limit of an attempt in milliseconds."""
_ATTEMPT = f"%CLUSTER_METADATA({NAMESPACE}:{ATTEMPT_MS})%"
LIMITS = "clew-limits"
"""A header for the script, in milliseconds: when the request came, its timeout and that of
its attempts; what is no number is no limit."""

# 2^53 does not hold these nanoseconds: texts are compared as numbers and written as they are
_SCRIPT = f"""\
local function earlier(a, b)
  if not a then return b end
  return tonumber(b) < tonumber(a) and b or a
end

local function later(a, b)
  if not a then return b end
  return tonumber(b) > tonumber(a) and b or a
end

local function nanos(ms)
  return string.format("%.0f000000", ms)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local limits = headers:get("{LIMITS}")
  if not limits then return end
  headers:remove("{LIMITS}")
  local came, total, attempt = limits:match("^(%S*) (%S*) (%S*)$")
  local now = handle:timestamp()
  local stamp, deadline = nanos(now), nil
  if tonumber(total) then deadline = earlier(deadline, nanos(came + total)) end
  if tonumber(attempt) then deadline = earlier(deadline, nanos(now + attempt)) end
  if not deadline then return end
  for line in (headers:get("l5d-ctx-deadline") or ""):gmatch("[^,]+") do
    local at, until_ = line:match("^%s*(%d+) (%d+)%s*$")
    if not at then return end
    stamp, deadline = later(stamp, at), earlier(deadline, until_)
  end
  headers:replace("l5d-ctx-deadline", stamp .. " " .. deadline)
end
"""


def limits_attempts(router: Router) -> bool:
    """Whether some client id of this router has a timeout for attempts."""
    return any(policy.request_attempt_timeout_ms for policy in router.client.policies)


def limits_time(router: Router) -> bool:
    """Whether requests of this router can have a deadline of its own."""
    totals = any(policy.total_timeout_ms for policy in router.service.policies)
    return totals or limits_attempts(router)


def deadlines() -> Any:
    """Runs for each try, with the limits that its route has noted."""
    return script(_SCRIPT)


def limits(total_ms: int) -> str:
    """The header ``LIMITS`` of a request, as a format; 0 is no limit."""
    return f"%START_TIME(%s%3f)% {total_ms or '-'} {_ATTEMPT}"


def attempt_note(client: ClientPolicy) -> dict[str, str]:
    """Metadata of a cluster: attempts belong to client ids, which no route knows."""
    limit = client.request_attempt_timeout_ms
    return {ATTEMPT_MS: str(limit), ATTEMPT_TIMEOUT: words(limit)} if limit else {}


def attempts() -> Any:
    """Tells the router's filter how long the attempts of the request's cluster may take."""
    return in_filter(request=[set_to("x-envoy-upstream-rq-per-try-timeout-ms", _ATTEMPT)])

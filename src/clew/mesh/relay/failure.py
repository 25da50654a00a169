"""Whether a try or a request failed, and why in a few words, by the tags Envoy sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from clew.mesh.xds import tracing as sent

# https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
_FLAGS = {
    "UT": "timed out",
    "UC": "connection closed before the response",
    "UF": "no connection",
    "UH": "no hosts available",
    "NC": "unknown destination",
    "UO": "overflow",
    "UPE": "broken response",
    "DC": "client went away",
    "DPE": "broken request",
    "DT": "timed out",
    "LR": "reset",
    "UR": "reset by the other side",
}


def of(tags: Mapping[str, str]) -> str | None:
    """Why it failed, never empty; None for success. A 5xx and no response at all are failures."""
    status = tags.get("http.status_code", "0")
    if "error" not in tags and status != "0" and status < "500":
        return None
    return (
        _first_line(unquote_plus(tags.get(sent.ERROR, ""), errors="replace"))
        or tags.get(sent.CONNECT_FAILURE, "").replace("_", " ")
        or tags.get("error.reason")
        or _by_flag(tags.get("response_flags", "-"))
        or tags.get("grpc.message")
        or (f"grpc-status {tags['grpc.status_code']}" if "grpc.status_code" in tags else None)
        or (status if status != "0" else "no response")
    )


def is_tried_again(tags: Mapping[str, str]) -> bool:
    """Envoy drops a response (``canceled``) only to retry; without one it may have given up."""
    return "canceled" in tags and tags.get("http.status_code", "0") != "0"


def router_stage(tags: Mapping[str, str]) -> str | None:
    """Linkerd's word for where the router failed; None when the response is the service's own."""
    if _by_flag(tags.get("response_flags", "-")) is None:
        return None
    return "Service" if sent.CLIENT_ID in tags else "ClientAcquisition"


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line), "")


def _by_flag(flags: str) -> str | None:
    return next((_FLAGS[flag] for flag in flags.split(",") if flag in _FLAGS), None)

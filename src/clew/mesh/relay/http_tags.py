"""Linkerd's ``http.*`` tags, of both its generations, from the tags Envoy sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from clew.mesh.xds import tracing as sent

# Linkerd's name -> the tag Envoy sent; up to 1.7.4 http.req.* and http.rsp.*, in 1.7.5 the others
_COPIED = {
    "http.method": sent.METHOD,
    "http.uri": sent.URI,
    "http.status_code": "http.status_code",
    "http.req.method": sent.METHOD,
    "http.req.host": sent.HOST,
    "http.req.version": "http.protocol",
    "http.req.content-type": sent.REQUEST_TYPE,
    "http.req.content-length": sent.REQUEST_LENGTH,
    "http.rsp.status": "http.status_code",
    "http.rsp.content-type": sent.RESPONSE_TYPE,
    "http.rsp.content-length": sent.RESPONSE_LENGTH,
    # not Linkerd's, but told by Envoy alone and worth keeping
    "retry.count": "retry.count",
    "grpc.status_code": "grpc.status_code",
    "grpc.message": "grpc.message",
    "user_agent": "user_agent",
}


def of(tags: Mapping[str, str], side: str) -> dict[str, str]:
    """The tags of one span; ``side`` is ``srv`` or ``clnt``, as Finagle prefixes its own."""
    # "-" is how Envoy says that there is none
    found = {name: tags[key] for name, key in _COPIED.items() if tags.get(key, "-") != "-"}
    if found.get("http.status_code") == "0":  # no response came
        del found["http.status_code"], found["http.rsp.status"]
    elif version := found.get("http.req.version"):
        found["http.rsp.version"] = version
    for size in ("request", "response"):
        if (key := f"{size}_size") in tags:
            found[f"{side}/{size}_payload_bytes"] = tags[key]
    return found

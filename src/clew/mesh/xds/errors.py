"""What clients are told when a request cannot be served: Linkerd's statuses and texts.

A text stands in the body and, form-encoded, in ``l5d-err``; what Envoy fills in (``%…%``) stays as
it is there, because no formatter encodes. (linkerd: ErrorResponder.scala)
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote_plus

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import substitution_format_string_pb2
from envoy.extensions.access_loggers.filters.cel.v3 import cel_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2

from clew.mesh.config.router import Router
from clew.mesh.config.server import Server
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import show_tree
from clew.mesh.xds.call_depth import TOO_DEEP
from clew.mesh.xds.durations import connect_ms, words
from clew.mesh.xds.headers import setting
from clew.mesh.xds.identifiers import why_not
from clew.mesh.xds.metadata import NAMESPACE
from clew.mesh.xds.router_context import BAD_MAX_FORWARDS
from clew.mesh.xds.snapshot import pack

ERR, ERR_ENCODED, STATUS, OVERRIDE = "err", "l5d_err", "status", "dtab"
"""Cluster metadata: why the name leads nowhere, the same for a header, the status that this has,
and the request's own dtab."""
WHY, WHY_ENCODED = "why", "why_encoded"
"""Cluster metadata: which step led nowhere, and the same for a header."""
REASON, REASON_ENCODED = "reason", "reason_encoded"
"""Cluster metadata: why what should be a name is none, and the same for a header."""
BASE_DTAB, BASE_DTAB_ENCODED = "base_dtab", "base_dtab_encoded"
"""Virtual host metadata: the router's dtab, one line a dentry, and the same for a header."""
UNBOUND, UNBOUND_ENCODED = "unbound", "unbound_encoded"
"""Virtual host metadata: why a name that Envoy asked for has no cluster, and for a header."""
TOTAL_TIMEOUT = "total_timeout"
"""Route metadata: the limit of a request, in words."""
ATTEMPT_TIMEOUT = "attempt_timeout"
"""Cluster metadata: the limit of an attempt, in words."""

RETRYABLE = "l5d-retryable"
"""Header of an answer: nothing was done of what was asked."""
MAX_ERR_BYTES = 2048
"""Of a text in ``l5d-err``."""

_UNIDENTIFIED = (
    'Unknown destination: Request("%REQ(:METHOD)% %REQ(:PATH)%", '
    "from /%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%) / {reason}"
)
_UNREADABLE = _UNIDENTIFIED.format(reason=f"%CLUSTER_METADATA({NAMESPACE}:{REASON})%")
_UNROUTABLE = f"""\
Unable to route request!

service name: %REQ(l5d-dst-service)%
dtab:

base dtab:
%METADATA(VIRTUAL_HOST:{NAMESPACE}:{{dtab}})%
override dtab:
  %CLUSTER_METADATA({NAMESPACE}:{OVERRIDE})%
reason: {{reason}}
"""
_UNCONNECTED = f"""\
Unable to establish connection to %UPSTREAM_HOST%.

service name: %REQ(l5d-dst-service)%
client name: %UPSTREAM_METADATA({NAMESPACE}:id)%
selected address: %UPSTREAM_HOST%
reason: {{reason}}
"""
_NO_TUNNEL = (
    "CONNECT is not tunnelled: send http requests in absolute form, as http_proxy makes clients do"
)
_OVER_CAPACITY = "Request was not processed by the server due to an error and is safe to retry"


def local_replies(router: Router, server: Server) -> Any:
    """How Envoy words its own answers on one server; the first that fits is used."""
    return http_connection_manager_pb2.LocalReplyConfig(
        mappers=[
            _mapper(
                _cel(f"has({_clew}.{REASON})"),
                400,
                _UNREADABLE,
                header=encoded(_UNREADABLE).replace(REASON, REASON_ENCODED),
            ),
            _mapper(
                _cel(f"{_note(STATUS)} == 400.0 && !has({_clew}.{ERR})"),
                400,
                _UNIDENTIFIED.format(reason=why_not(router.identifier)),
            ),
            _mapper(
                _cel("response.code_details == 'missing_host_header'"),
                400,
                _UNIDENTIFIED.format(reason="Host header is absent"),
            ),
            *(
                _mapper(
                    _cel(f"has({_clew}.{ERR}) && {_note(STATUS)} == {status}.0"),
                    status,
                    f"%CLUSTER_METADATA({NAMESPACE}:{ERR})%",
                    header=f"%CLUSTER_METADATA({NAMESPACE}:{ERR_ENCODED})%",
                )
                for status in (400, 502)
            ),
            _mapper(
                _flag("NC"),
                502,
                f"%METADATA(VIRTUAL_HOST:{NAMESPACE}:{UNBOUND})% %REQ(l5d-dst-service)%",
                header=f"%METADATA(VIRTUAL_HOST:{NAMESPACE}:{UNBOUND_ENCODED})%"
                "+%REQ(l5d-dst-service)%",
            ),
            _mapper(
                _cel(TOO_DEEP),
                400,
                f"Maximum number of calls ({server.max_call_depth}) has been exceeded. "
                "Please check for proxy loops.",
            ),
            _mapper(
                _cel("response.code_details.startsWith('rbac_access_denied')"),
                502,
                "Too many unknown names are asked for; only known ones are answered now, "
                "and %REQ(l5d-dst-service)% is not one",
            ),
            _unroutable(
                _cel(f"has({_clew}.{WHY})"),
                f"%CLUSTER_METADATA({NAMESPACE}:{WHY})%",
                f"%CLUSTER_METADATA({NAMESPACE}:{WHY_ENCODED})%",
            ),
            _unsent(_unroutable(_flag("UH"), "it has no endpoints", "it has no endpoints")),
            _mapper(
                _cel("response.code_details.contains('connection_timeout')"),
                502,
                _UNCONNECTED.format(
                    reason=f"no connection within {words(connect_ms(router.binding_timeout_ms))}"
                ),
            ),
            _mapper(
                _flag("UF"),
                502,
                _UNCONNECTED.format(reason="%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
            ),
            _mapper(
                _cel("response.code_details.contains('per_try_timeout')"),
                503,
                f"exceeded %CLUSTER_METADATA({NAMESPACE}:{ATTEMPT_TIMEOUT})% to "
                "%REQ(l5d-dst-service)% while waiting for a response for an individual request, "
                "excluding retries",
            ),
            _mapper(
                _flag("UT"),
                503,
                f"exceeded %METADATA(ROUTE:{NAMESPACE}:{TOTAL_TIMEOUT})% to "
                "%REQ(l5d-dst-service)% while waiting for a response for the request, "
                "including retries (if applicable)",
            ),
            _mapper(
                _cel("response.code_details.contains('max_duration_timeout')"),
                503,
                "exceeded the time that the server gives a request, %DURATION%.milliseconds",
            ),
            _mapper(
                _flag("UC", "UR"),
                502,
                "%UPSTREAM_HOST% closed the connection while serving %REQ(l5d-dst-service)%",
            ),
            _mapper(
                _flag("UPE"), 502, "%UPSTREAM_HOST% sent no valid response: %RESPONSE_CODE_DETAILS%"
            ),
            _over_capacity(),
            _mapper(
                _cel("response.code_details == 'lua_response' && response.code == 400"),
                400,
                BAD_MAX_FORWARDS,
                header="",
            ),
            # only CONNECT fits no route
            _mapper(_flag("NR"), 404, _NO_TUNNEL),
            _mapper(_any_error(), None, "%RESPONSE_CODE_DETAILS%"),
        ]
    )


def cluster_note(status: int, text: str = "") -> dict[str, str | float]:
    """Metadata of a cluster without endpoints whose requests get ``status`` and ``text``."""
    if not text:
        return {STATUS: status}
    return {STATUS: status, ERR: text, ERR_ENCODED: _for_header(text)}


def nowhere_note(why: str) -> dict[str, str | float]:
    """Metadata of a cluster whose name the dtab and the namers lead nowhere."""
    return {WHY: why, WHY_ENCODED: _for_header(why)}


def unreadable_note(reason: str) -> dict[str, str | float]:
    """Metadata of a cluster whose requests say where they go in a way that cannot be read."""
    return {STATUS: 400, REASON: reason, REASON_ENCODED: _for_header(reason)}


def virtual_host_note(dtab: Dtab, binding_timeout_ms: int, *, crowded: bool) -> dict[str, str]:
    """Metadata of a virtual host whose names are bound by ``dtab``."""
    lines = "\n".join(f"  {d.prefix} => {show_tree(d.dst)}" for d in dtab.dentries)
    unbound = f"Exceeded {words(binding_timeout_ms)} binding timeout while resolving name:"
    if crowded:
        unbound = "Too many unknown names are asked for; not looked up, or not in time:"
    return {
        BASE_DTAB: lines,
        BASE_DTAB_ENCODED: _for_header(lines),
        UNBOUND: unbound,
        UNBOUND_ENCODED: _for_header(unbound),
    }


_clew = f"xds.cluster_metadata.filter_metadata.{NAMESPACE}"


def _for_header(text: str) -> str:
    return quote_plus(text.encode()[:MAX_ERR_BYTES])


def _note(key: str) -> str:
    return f"has({_clew}.{key}) && {_clew}.{key}"


def _unroutable(condition: Any, reason: str, reason_encoded: str) -> Any:
    header = _UNROUTABLE.format(dtab=BASE_DTAB_ENCODED, reason=reason_encoded)
    return _mapper(
        condition, 502, _UNROUTABLE.format(dtab=BASE_DTAB, reason=reason), header=encoded(header)
    )


def _unsent(reply: Any) -> Any:
    """Another router may try elsewhere: here the last endpoint left a moment ago."""
    reply.headers_to_add.append(setting(RETRYABLE, "true"))
    return reply


def _over_capacity() -> Any:
    reply = _mapper(
        _cel("response.code_details.startsWith('reached_concurrency_limit')"),
        503,
        _OVER_CAPACITY,
        header="",
    )
    reply.headers_to_add.extend([setting("finagle-http-nack", "true"), setting("retry-after", "0")])
    return reply


def _mapper(condition: Any, status: int | None, text: str, header: str | None = None) -> Any:
    """``header`` is what ``l5d-err`` says, by default the text; empty for no such header."""
    err = encoded(text) if header is None else header
    return http_connection_manager_pb2.ResponseMapper(
        filter=condition,
        status_code=None if status is None else {"value": status},
        headers_to_add=[setting("l5d-err", err), setting("l5d-success-class", "0.0")]
        if err
        else [],
        body_format_override=substitution_format_string_pb2.SubstitutionFormatString(
            text_format_source={"inline_string": text},
            content_type="text/plain",
        ),
    )


def encoded(text: str) -> str:
    """Form-encoded for a header, as a format: what Envoy fills in stays, ``%`` is doubled."""
    parts = re.split(r"(%[A-Z_]+(?:\([^)]*\))?%)", text)
    return "".join(
        part if index % 2 else quote_plus(part).replace("%", "%%")
        for index, part in enumerate(parts)
    )


def _cel(expression: str) -> Any:
    condition = accesslog_pb2.AccessLogFilter()
    condition.extension_filter.name = "cel"
    condition.extension_filter.typed_config.CopyFrom(
        pack(cel_pb2.ExpressionFilter(expression=expression))
    )
    return condition


def _flag(*flags: str) -> Any:
    return accesslog_pb2.AccessLogFilter(response_flag_filter={"flags": flags})


def _any_error() -> Any:
    return accesslog_pb2.AccessLogFilter(
        status_code_filter={
            "comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "clew.error"}}
        }
    )

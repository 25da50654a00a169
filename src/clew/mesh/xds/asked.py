"""What Envoy asks about for a request, worked out here. The formats of
:mod:`clew.mesh.xds.identifiers` let Envoy come to the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from clew.mesh.config.identifiers import (
    HeaderIdentifier,
    HeaderTokenIdentifier,
    HttpIdentifier,
    IngressIdentifier,
    MethodAndHostIdentifier,
    PathIdentifier,
    StaticIdentifier,
)
from clew.mesh.config.router import HttpRouter
from clew.mesh.naming.ingress import Rules
from clew.mesh.naming.path import ParseError
from clew.mesh.xds.identifiers import (
    OVERRIDE_MARK,
    first_segments,
    header_name,
    read_identified,
)
from clew.mesh.xds.ingress import RulesBy
from clew.mesh.xds.names import PIECE_MARK, Asked

_AUTHORITY = header_name("Host")
_READABLE = re.compile(r"[\t -~]*")
_PORT = re.compile(r":[0-9]*$")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request."""

    method: str
    target: str
    """The URI's path and query, as they came."""
    is_1_0: bool
    """Whether it came by HTTP/1.0."""
    headers: Mapping[str, str]
    """By names in lower case, ``Host`` under h2's name; the lines of one are joined by commas."""

    @property
    def path(self) -> str:
        """Without the query."""
        return self.target.partition("?")[0]

    @property
    def override(self) -> str:
        """The request's own dtabs."""
        both = (self.headers.get(header, "") for header in ("l5d-ctx-dtab", "l5d-dtab"))
        return PIECE_MARK.join(filter(None, both))

    def usable(self, header: str) -> str | None:
        """What stands in a header, when that can be a part of a cluster's name."""
        value = self.headers.get(header)
        return value if value is not None and _can_be_asked(value) else None


def asked_for(router: HttpRouter, head: Head, rules: RulesBy) -> Asked:
    """``rules`` has those of the router's ``io.l5d.ingress`` identifiers."""
    nothing = Asked(router.label, router.dst_prefix, False, head.override)
    if _AUTHORITY not in head.headers:
        # Envoy refuses such a request, whatever would name it
        return replace(nothing, unreadable="Host header is absent")
    for identifier in router.identifier:
        text = _made(identifier, head, rules)
        if text is not None:
            try:
                name = read_identified((identifier,), text)
            except ParseError as error:
                return replace(nothing, unreadable=error.message)
            if name is None:
                return nothing
            return replace(nothing, name=router.dst_prefix + name, identified=True)
    return nothing


def _made(identifier: HttpIdentifier, head: Head, rules: RulesBy) -> str | None:
    """The text that it makes of a request; None when another one is asked."""
    match identifier:
        case HeaderTokenIdentifier(header=header):
            return head.usable(header_name(header))
        case HeaderIdentifier(header=header):
            written = head.usable(header_name(header))
            if written is None:
                return None
            return written[1:] if re.match(r"/[^/]", written) else f"/{written}"
        case PathIdentifier(segments=segments):
            fits = re.match(first_segments(segments), head.path)
            return fits[1] if fits and OVERRIDE_MARK not in head.path else None
        case MethodAndHostIdentifier(http_uri_in_dst=with_uri):
            uri = head.path if with_uri else ""
            host = head.headers[_AUTHORITY]
            target = f"1.0/{head.method}{uri}" if head.is_1_0 else f"1.1/{head.method}/{host}{uri}"
            return target if (head.is_1_0 or host) and _can_be_asked(target) else None
        case StaticIdentifier(path=path):
            return str(path)[1:] or "/"
        case IngressIdentifier():
            host = _PORT.sub("", head.headers[_AUTHORITY])
            named = rules.get(identifier, Rules()).name(host, head.path)
            return None if named is None else str(named)[1:]
        case _:
            assert_never(identifier)


def _can_be_asked(text: str) -> bool:
    """Whether a text can be a part of a cluster's name, and only that part."""
    return bool(_READABLE.fullmatch(text)) and OVERRIDE_MARK not in text

"""Identifiers in Envoy's words: what they make of a request, how that is read, why it fails.

Envoy makes a text of a request, the logical name without the router's ``dstPrefix``; it stands in
``l5d-dst-service`` and in the name of the cluster. Here that text is written and read. Only what
Ingresses say is not in these formats: :mod:`clew.mesh.xds.ingress` puts it in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from clew.mesh.config.identifiers import (
    AnyIdentifier,
    AuthorityIdentifier,
    HeaderIdentifier,
    HeaderPathIdentifier,
    HeaderTokenIdentifier,
    IngressIdentifier,
    MethodAndHostIdentifier,
    PathIdentifier,
    StaticIdentifier,
)
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.xds.cel import present, readable, value
from clew.mesh.xds.headers import set_to

OVERRIDE_MARK = ";dtab="
"""Between the name and the override. ``>`` cannot occur in a host, so no host looks like one."""
WAY_MARK = ";by="
"""After what an identifier of a list of several kinds made, and before its place in the list."""

_AUTHORITY = ":authority"
_TARGET_1_0, _TARGET_1_1, _STATIC = "clew-target-1-0", "clew-target-1-1", "clew-static"
_SEGMENT = "[!-.0-~]+"
"""Printable ASCII without a slash, for protobuf takes no other bytes for text."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """One identifier as CEL."""

    holds: str
    """Whether it names the request."""
    value: str
    """What it makes of the request, when it does."""


def header_name(header: str) -> str:
    """As Envoy knows it: in lower case, and ``Host`` under h2's name."""
    return _AUTHORITY if header.lower() == "host" else header.lower()


def _differ(identifiers: Sequence[AnyIdentifier]) -> bool:
    """Whether a name must say which identifier made it, because they are read differently."""
    return len({type(identifier) for identifier in identifiers}) > 1


def prepared(identifiers: Sequence[AnyIdentifier]) -> Iterator[Any]:
    """Header edits that put texts together, which CEL cannot."""
    for identifier in identifiers:
        match identifier:
            case MethodAndHostIdentifier(http_uri_in_dst=with_uri):
                uri = "%PATH(NQ)%" if with_uri else ""
                yield set_to(_TARGET_1_0, f"1.0/%REQ(:method)%{uri}")
                yield set_to(_TARGET_1_1, f"1.1/%REQ(:method)%/%REQ({_AUTHORITY})%{uri}")
            case StaticIdentifier(path=path):
                yield set_to(_STATIC, (str(path)[1:] or "/").replace("%", "%%"))


def identified(identifiers: Sequence[AnyIdentifier]) -> str:
    """What the first of the identifiers that can makes of the request, as a format."""
    match identifiers:
        case (HeaderTokenIdentifier() | AuthorityIdentifier() as only,) if (
            header_name(only.header) == _AUTHORITY
        ):
            return f"%REQ({_AUTHORITY})%"  # Envoy itself refuses bytes that no authority has
    return _first(identifiers, lambda index, choice: choice.value)


def way(identifiers: Sequence[AnyIdentifier]) -> str:
    """Which of the identifiers that is, with the mark before it, as a format.

    Empty where all are read alike.
    """
    if not _differ(identifiers):
        return ""
    return _first(identifiers, lambda index, choice: f"'{WAY_MARK}{index}'")


def position(identifiers: Sequence[AnyIdentifier]) -> str:
    """The place in the list of the identifier that is the first, as a format."""
    return _first(identifiers, lambda index, choice: f"'{index}'")


def consumes(identifiers: Sequence[AnyIdentifier]) -> bool:
    """Whether any of the identifiers takes the name out of the URI."""
    return any(isinstance(each, PathIdentifier) and each.consume for each in identifiers)


def one_segment(identifiers: Sequence[AnyIdentifier]) -> bool:
    """Whether every name that they make is one segment."""
    return all(
        isinstance(each, HeaderTokenIdentifier | AuthorityIdentifier) for each in identifiers
    )


def rest_of_path(identifiers: Sequence[AnyIdentifier]) -> str:
    """The path without what the first of the identifiers that can takes out, as a format.

    Without the query too, which Envoy keeps.
    """

    def rest(index: int, _: _Choice) -> str:
        identifier = identifiers[index]
        if not isinstance(identifier, PathIdentifier) or not identifier.consume:
            return "request.url_path"
        taken = f"r'^(?:/{_SEGMENT}){{{identifier.segments}}}/?(.*)$'"
        return f"re.extract(request.url_path, {taken}, r'/\\1')"

    return _first(identifiers, rest, otherwise="request.url_path")


def _first(
    identifiers: Sequence[AnyIdentifier],
    show: Callable[[int, _Choice], str],
    otherwise: str = "''",
) -> str:
    choices = enumerate(map(_choice, identifiers))
    chain = "".join(f"{choice.holds} ? {show(index, choice)} : " for index, choice in choices)
    return f"%CEL({chain}{otherwise})%"


def _choice(identifier: AnyIdentifier) -> _Choice:
    match identifier:
        case HeaderTokenIdentifier(header=header) | AuthorityIdentifier(header=header):
            name = header_name(header)
            return _Choice(_usable(name), value(name))
        case HeaderPathIdentifier(header=header, segments=segments):
            return _header_path(header_name(header), segments)
        case HeaderIdentifier(header=header):
            name = header_name(header)
            # the slash in front goes; one that is missing, or not alone, is told by another one
            normal = f"{value(name)}.matches(r'^/[^/]')"
            cut = f"re.extract({value(name)}, r'^/(.*)$', r'\\1')"
            kept = f"re.extract({value(name)}, r'^(.*)$', r'/\\1')"
            return _Choice(_usable(name), f"({normal} ? {cut} : {kept})")
        case PathIdentifier(segments=segments):
            pattern = f"r'{first_segments(segments)}'"
            uri = "request.url_path"
            holds = f"{uri}.matches({pattern}) && !{uri}.contains('{OVERRIDE_MARK}')"
            return _Choice(holds, f"re.capture({uri}, {pattern})")
        case MethodAndHostIdentifier():
            old = "request.protocol == 'HTTP/1.0'"
            named = f"{present(_AUTHORITY)} && {value(_AUTHORITY)} != ''"
            return _Choice(
                f"({old} ? {_usable(_TARGET_1_0)} : {named} && {_usable(_TARGET_1_1)})",
                f"({old} ? {value(_TARGET_1_0)} : {value(_TARGET_1_1)})",
            )
        case StaticIdentifier():
            return _Choice("true", value(_STATIC))
        case IngressIdentifier():
            return _Choice("false", "''")
        case _:
            assert_never(identifier)


def _header_path(name: str, segments: int | None) -> _Choice:
    path = f"re.extract({value(name)}, r'^([^?]*).*$', r'\\1')"
    # one slash at the end does not count
    expression = r"^/(.*?[^/])/?$" if segments is None else first_segments(segments)
    pattern = f"r'{expression}'"
    return _Choice(
        f"{_usable(name)} && {path}.matches({pattern})", f"re.capture({path}, {pattern})"
    )


def first_segments(count: int) -> str:
    """An expression for a path that has so many, whose first group they are."""
    return rf"^/({_SEGMENT}(?:/{_SEGMENT}){{{count - 1}}})(?:/.*)?$"


def _usable(header: str) -> str:
    """Whether a header can be a part of a cluster's name, and only that part."""
    marked = f"{value(header)}.contains('{OVERRIDE_MARK}')"
    return f"{present(header)} && {readable(header)} && !{marked}"


def read_identified(identifiers: Sequence[AnyIdentifier], text: str) -> Path | None:
    """The path that ``identified`` stands for; None when none of them names the request.

    Raises ParseError for a header that should be a path.
    """
    if not _differ(identifiers):
        return _read(identifiers[0], text)
    made, _, index = text.rpartition(WAY_MARK)
    if not index.isdecimal() or int(index) >= len(identifiers):
        return None
    return _read(identifiers[int(index)], made)


def _read(identifier: AnyIdentifier, text: str) -> Path | None:
    if not text:
        return None
    match identifier:
        case HeaderTokenIdentifier() | AuthorityIdentifier():
            return Path((text.encode(),))
        case HeaderPathIdentifier():
            try:
                return Path.read(f"/{text}")
            except ParseError:
                return None
        case IngressIdentifier():
            return Path.read(f"/{text}")
        case HeaderIdentifier():
            return Path.read(text[1:] if text.startswith("/") else f"/{text}")
        case PathIdentifier():
            return _raw(text.split("/"))
        case MethodAndHostIdentifier():
            version, method, *rest = text.split("/")
            if version == "1.1" and rest:
                rest[0] = rest[0].lower()
            return _raw([version, method, *filter(None, rest)])
        case StaticIdentifier(path=path):
            return path
        case _:
            assert_never(identifier)


def _raw(segments: Sequence[str]) -> Path:
    return Path(tuple(segment.encode() for segment in segments))


def why_not(identifiers: Sequence[AnyIdentifier]) -> str:
    """Why the last of the identifiers names no request."""
    last = identifiers[-1]
    match last:
        case HeaderTokenIdentifier(header=header) | HeaderIdentifier(header=header):
            return f"{header} header is absent"
        case AuthorityIdentifier(header=header):
            return f"missing header: '{header}'"
        case HeaderPathIdentifier(segments=None):
            return "Missing destination path"
        case HeaderPathIdentifier(segments=segments):
            return f"Path must have at least {segments} segment(s)"
        case PathIdentifier():
            return "not enough segments in path"
        case MethodAndHostIdentifier():
            return "HTTP/1.1 request missing hostname"
        case StaticIdentifier(path=path):
            return f"{path} names every request"
        case IngressIdentifier():
            return "no ingress rule matches"
        case _:
            assert_never(last)

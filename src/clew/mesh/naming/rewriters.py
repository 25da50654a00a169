"""The names under ``/$/``: addresses written out, and Linkerd's utility namers. All pure.

``/$/inet/10.0.0.1/80`` is an address; ``/$/io.buoyant.http.domainToPathPfx/host/a.b`` is another
way of writing ``/host/b/a``. (Linkerd, ``namer/core``; Finagle, ``Namer.global``.)
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clew.mesh.naming.answer import Broken
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.nametree import Empty, Fail, Leaf, NameTree, Neg
from clew.mesh.naming.path import Path

Segments = tuple[bytes, ...]
Rewriter = Callable[[Segments], Segments | None]
"""From what follows the namer's name to the new path; None when the shape does not fit."""

_HOST = re.compile(rb"[A-Za-z0-9.:_-]+")
_METHOD = re.compile(rb"[A-Z]+")
_PORT_NAME = re.compile(rb"[a-z0-9][-a-z0-9]{0,62}")
_PORT_NUMBER = re.compile(rb"[0-9]{1,10}")


def lookup_system(path: Path) -> NameTree[Path | Bound] | Broken:
    """What a path under ``/$`` is. Neg for one that is not, Broken for a namer nobody knows."""
    match path.segments:
        case (b"$", b"nil", *_):
            return Empty()
        case (b"$", b"fail", *_):
            return Fail()
        case (b"$", b"inet" | b"fixedinet", host, port, *_) if _PORT_NUMBER.fullmatch(port):
            return _address(path, 4, host, port)
        case (b"$", b"inet" | b"fixedinet", port, *_) if _PORT_NUMBER.fullmatch(port):
            return _address(path, 3, b"127.0.0.1", port)
        case (b"$", b"io.buoyant.rinet", port, host, *_):
            return _address(path, 4, host, port)
        case (b"$", b"io.buoyant.rinet", *_):
            return Neg()
        case (b"$", name, *rest) if rewriter := REWRITERS.get(name):
            segments = rewriter(tuple(rest))
            # an empty segment (as in "a..b") is no name
            return Neg() if segments is None or b"" in segments else Leaf(Path(segments))
        case (b"$", name, *_):
            return Broken(f"Unknown namer: {name.decode(errors='replace')} for path: {path}")
    return Neg()


def _address(path: Path, size: int, host: bytes, port: bytes) -> Leaf[Bound] | Broken:
    shown = port.decode(errors="replace")
    if not _PORT_NUMBER.fullmatch(port):
        return Broken(f"'{shown}' is not a port number in path: {path}")
    if not 0 <= int(port) <= 65535:
        return Broken(f"port out of range: {shown} in path: {path}")
    address = Address(host.decode(errors="replace"), int(port))
    return Leaf(Bound(path.take(size), Addresses(frozenset([address])), path.drop(size)))


def _any_method(segments: Segments) -> Segments | None:
    match segments:
        case (method, *rest) if _METHOD.fullmatch(method):
            return tuple(rest)
    return None


def _any_host(segments: Segments) -> Segments | None:
    match segments:
        case (host, *rest) if _HOST.fullmatch(host):
            return tuple(rest)
    return None


def _domain_to_path(segments: Segments) -> Segments | None:
    match segments:
        case (host, *rest) if _HOST.fullmatch(host):
            return (*reversed(host.rstrip(b".").split(b".")), *rest)
    return None


def _subdomain_of(segments: Segments) -> Segments | None:
    match segments:
        case (domain, host, *rest) if _HOST.fullmatch(domain) and _HOST.fullmatch(host):
            sub = _subdomain(domain, host)
            return (sub, *rest) if sub else None
    return None


def _subdomain_of_pfx(segments: Segments) -> Segments | None:
    match segments:
        case (domain, prefix, host, *rest) if _HOST.fullmatch(domain) and _HOST.fullmatch(host):
            sub = _subdomain(domain, host)
            return (prefix, sub, *rest) if sub else None
    return None


def _subdomain(domain: bytes, host: bytes) -> bytes | None:
    name = host.partition(b":")[0] or host
    return name.removesuffix(b"." + domain) if name.endswith(b"." + domain) else None


def _host_port_pfx(segments: Segments) -> Segments | None:
    match segments:
        case (prefix, host_port, *rest) if parts := _split_port(host_port):
            host, port = parts
            return (prefix, host, port, *rest)
    return None


def _port_host_pfx(segments: Segments) -> Segments | None:
    match segments:
        case (prefix, host_port, *rest) if parts := _split_port(host_port):
            host, port = parts
            return (prefix, port, host, *rest)
    return None


def _split_port(host_port: bytes) -> tuple[bytes, bytes] | None:
    # Java's split drops empty strings at the end, so that "h:80:" is h and 80
    match host_port.rstrip(b":").split(b":"):
        case [host, port] if host and _PORT_NAME.fullmatch(port):
            return host, port
    return None


def _behind_prefix(rewriter: Rewriter) -> Rewriter:
    """The ``Pfx`` form: the first segment stays, the rest is rewritten."""

    def rewrite(segments: Segments) -> Segments | None:
        rest = rewriter(segments[1:])
        return None if rest is None else segments[:1] + rest

    return rewrite


REWRITERS: dict[bytes, Rewriter] = {
    b"io.buoyant.http.anyMethod": _any_method,
    b"io.buoyant.http.anyMethodPfx": _behind_prefix(_any_method),
    b"io.buoyant.http.anyHost": _any_host,
    b"io.buoyant.http.anyHostPfx": _behind_prefix(_any_host),
    b"io.buoyant.http.subdomainOf": _subdomain_of,
    b"io.buoyant.http.subdomainOfPfx": _subdomain_of_pfx,
    b"io.buoyant.http.domainToPath": _domain_to_path,
    b"io.buoyant.http.domainToPathPfx": _behind_prefix(_domain_to_path),
    b"io.buoyant.hostportPfx": _host_port_pfx,
    b"io.buoyant.porthostPfx": _port_host_pfx,
}

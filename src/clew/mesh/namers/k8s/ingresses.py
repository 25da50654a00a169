"""Ingress resources of networking.k8s.io/v1: how they name requests, and by which certificates
their hosts are served. Pure.

Linkerd took every path as a pattern for the whole of a request's path. That is what
ImplementationSpecific means here; Exact and Prefix are what Kubernetes says of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import re2

from clew.mesh.namers.k8s.api_object import ApiObject, Metadata
from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.naming.path import Path

CLASS = "kubernetes.io/ingress.class"
"""The annotation that says whose an Ingress is; it wins over ``spec.ingressClassName``."""
CAPTURES = "linkerd.io/use-capturing-groups"
"""An annotation of Linkerd's that made another path of what a pattern captures."""

MAX_PROGRAM = 5000
"""Instructions of a pattern. Envoy refuses a whole table for one pattern of more than 10 000."""

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
"""What a client can ask for when it connects, or a wildcard for such."""

_MATCHES = {
    "Exact": Match.EXACT,
    "Prefix": Match.PREFIX,
    "ImplementationSpecific": Match.PATTERN,
}


@dataclass(frozen=True, slots=True)
class TlsHosts:
    """An entry of ``tls``: whose certificate is in which Secret."""

    hosts: tuple[str, ...]
    """Lower-cased; none are all that nothing else names."""
    secret: str
    """In the namespace of the Ingress."""


@dataclass(frozen=True, slots=True)
class Ingress:
    """An Ingress."""

    namespace: str
    name: str
    class_name: str
    """Whose it is; empty when it does not say."""
    rules: tuple[Rule, ...]
    """In its order."""
    default: Path | None
    """Of requests that no rule is for; None for no such backend."""
    unusable: tuple[str, ...]
    """What of it is not used, and why."""
    tls: tuple[TlsHosts, ...] = ()

    def __str__(self) -> str:
        return f"Ingress {self.namespace}/{self.name}"


class _Port(ApiObject, frozen=True):
    name: str = ""
    number: int = 0


class _Service(ApiObject, frozen=True):
    name: str
    port: _Port = _Port()


class _Backend(ApiObject, frozen=True):
    service: _Service | None = None


class _Path(ApiObject, frozen=True):
    backend: _Backend = _Backend()
    path: str = ""
    path_type: str = "ImplementationSpecific"


class _Http(ApiObject, frozen=True):
    paths: list[_Path] | None = None


class _Rule(ApiObject, frozen=True):
    host: str = ""
    http: _Http | None = None


class _Tls(ApiObject, frozen=True):
    hosts: list[str] | None = None
    secret_name: str | None = None


class _Spec(ApiObject, frozen=True):
    ingress_class_name: str | None = None
    default_backend: _Backend | None = None
    rules: list[_Rule] | None = None
    tls: list[_Tls] | None = None


class _Ingress(ApiObject, frozen=True):
    metadata: Metadata
    spec: _Spec = _Spec()


def read_ingress(text: bytes) -> Ingress:
    """An Ingress of networking.k8s.io/v1."""
    read = msgspec.json.decode(text, type=_Ingress)
    metadata, spec = read.metadata, read.spec
    unusable: list[str] = []
    rules = tuple(_rules(spec.rules or (), metadata.namespace, unusable))
    default = None
    if spec.default_backend is not None:
        default = _name(spec.default_backend, metadata.namespace)
        if default is None:
            unusable.append("its default backend is no service with a port")
    tls = tuple(_tls(spec.tls or (), unusable))
    annotations = metadata.annotations or {}
    if annotations.get(CAPTURES, "false") != "false":
        unusable.append(f"its annotation {CAPTURES}: paths are passed on as they come")
    return Ingress(
        metadata.namespace,
        metadata.name,
        annotations.get(CLASS, spec.ingress_class_name or ""),
        rules,
        default,
        tuple(unusable),
        tls,
    )


def _rules(read: Iterable[_Rule], namespace: str, unusable: list[str]) -> Iterator[Rule]:
    for rule in read:
        for path in (rule.http and rule.http.paths) or ():
            name = _name(path.backend, namespace)
            match = _MATCHES.get(path.path_type)
            if name is None:
                why: str | None = "its backend is no service with a port"
            elif match is None:
                why = f"there is no pathType {path.path_type}"
            else:
                why = _bad_path(match, path.path)
                if why is None:
                    yield Rule(rule.host, match, path.path, name)
            if why is not None:
                unusable.append(f"path '{path.path}' of host '{rule.host or '*'}': {why}")


def _tls(read: Iterable[_Tls], unusable: list[str]) -> Iterator[TlsHosts]:
    for entry in read:
        hosts = [host.lower() for host in entry.hosts or ()]
        shown = f"tls of {', '.join(map(repr, hosts)) or 'all hosts'}"
        if not entry.secret_name:
            unusable.append(f"{shown} names no Secret: the default certificate is shown")
            continue
        good = tuple(host for host in hosts if _HOST.fullmatch(host))
        for host in hosts:
            if host not in good:
                unusable.append(f"tls of {host!r}: no client can ask for that")
        if good or not hosts:
            yield TlsHosts(good, entry.secret_name)


def _name(backend: _Backend, namespace: str) -> Path | None:
    service = backend.service
    if service is None:
        return None
    port = service.port.name or str(service.port.number or "")
    return Path.of(namespace, port, service.name) if port and service.name else None


def _bad_path(match: Match, path: str) -> str | None:
    """What is wrong with it; None when nothing is."""
    if match is not Match.PATTERN:
        return None if path.startswith("/") else "it does not begin with '/'"
    try:
        size = re2.compile(path, _quiet()).programsize
    except re2.error as error:
        return f"it is no pattern that Envoy takes: {error.args[0].decode(errors='replace')}"
    return None if size <= MAX_PROGRAM else "it is too large a pattern"


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def of_class(ingresses: Iterable[Ingress], class_name: str) -> Sequence[Ingress]:
    """Those of a class, and those that say no class, in the order in which they count."""
    return sorted(
        (each for each in ingresses if each.class_name in ("", class_name)),
        key=lambda each: (each.namespace, each.name),
    )


def rules_of(ingresses: Iterable[Ingress], class_name: str, *, defaults: bool) -> Rules:
    """What the Ingresses of a class say, with those that say no class.

    Default backends, where they are wanted, come after every rule.
    """
    own = of_class(ingresses, class_name)
    last = [Rule("", Match.PATTERN, "", each.default) for each in own if each.default]
    special = Rules.of(rule for each in own for rule in each.rules)
    return Rules(special.rules + tuple(last[:1] if defaults else ()))

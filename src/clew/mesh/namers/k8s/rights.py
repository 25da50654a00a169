"""What the account of a mesh must be allowed to do, as its linker file has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clew.mesh.config.authority import SECRET, SecretAuthority
from clew.mesh.config.certificates import used_authority
from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.interpreter import (
    ConfigMapInterpreter,
    Interpreter,
    KeptDtab,
    NamerdInterpreter,
)
from clew.mesh.config.linker import Linker
from clew.mesh.config.namers import K8sExternalNamer, K8sNamer, K8sNsNamer, Namer, RewriteNamer
from clew.mesh.config.router import Router
from clew.mesh.config.section import is_kubernetes_name
from clew.mesh.config.tls import IngressServerTls
from clew.mesh.config.transformers import (
    ConstTransformer,
    DaemonSetTransformer,
    ReplaceTransformer,
    Transformer,
)
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.messages import SOURCES
from clew.mesh.naming.nametree import leaves
from clew.mesh.naming.path import Path

WATCH = ("list", "watch")
"""What following a collection takes."""


@dataclass(frozen=True, slots=True)
class Right:
    """A rule of a Role, or of a ClusterRole where it is for all namespaces."""

    group: str
    """Empty for the core group."""
    resource: str
    namespace: str
    """Empty for all namespaces."""
    name: str = ""
    """Of the only object; empty for all of them."""
    verbs: tuple[str, ...] = WATCH

    @property
    def where(self) -> str:
        """In words."""
        return f"namespace {self.namespace}" if self.namespace else "all namespaces"

    @staticmethod
    def to_watch(collection: Collection) -> Right:
        """By the best of its sources; where that may not be read, an old Role's one is."""
        source, *_ = SOURCES[collection.kind]
        _, root, group, *_ = source.group.split("/")
        core = root == "api"
        return Right("" if core else group, source.plural, collection.namespace, collection.name)

    def covers(self, other: Right) -> bool:
        """Whether who has this one needs no other."""
        return (
            (self.group, self.resource) == (other.group, other.resource)
            and self.namespace in ("", other.namespace)
            and self.name in ("", other.name)
            and set(self.verbs) >= set(other.verbs)
        )


def rights(linker: Linker, own: str) -> tuple[Right, ...]:
    """Each once, without those that others cover. ``own`` is the namespace of the mesh."""
    watched = map(Right.to_watch, _collections(linker, own))
    wanted = dict.fromkeys([*watched, *_authority(linker)])
    return tuple(
        each for each in wanted if not any(other != each and other.covers(each) for other in wanted)
    )


def _collections(linker: Linker, own: str) -> Iterator[Collection]:
    for namer in linker.namers:
        for kind in _kinds(namer):
            for namespace in _namespaces(linker, namer, own):
                yield Collection(kind, namespace)
        yield from _gateways(namer.transformers)
    for router in linker.routers:
        yield from _gateways(router.interpreter.transformers)
        match router.interpreter:
            case ConfigMapInterpreter(namespace=namespace, name=name):
                yield Collection(Kind.CONFIG_MAPS, namespace, name)
        shows_certificates = any(isinstance(each.tls, IngressServerTls) for each in router.servers)
        for identifier in router.identifier:
            if isinstance(identifier, IngressIdentifier):
                yield Collection(Kind.INGRESSES, identifier.namespace or "")
                if shows_certificates:
                    # which Secrets Ingresses name is not in the file
                    yield Collection(Kind.SECRETS, identifier.namespace or "")


def _authority(linker: Linker) -> Iterator[Right]:
    """The one Secret, which the mesh also writes; an empty one must be there."""
    authority = used_authority(linker)
    if isinstance(authority, SecretAuthority):
        verbs = ("get", *WATCH, "update")
        yield Right("", "secrets", authority.namespace, SECRET, verbs)


def _kinds(namer: Namer) -> tuple[Kind, ...]:
    """Of what it reads; Services are for ports that are asked for by number."""
    match namer:
        case K8sNamer() | K8sNsNamer():
            return Kind.ENDPOINTS, Kind.SERVICES
        case K8sExternalNamer():
            return (Kind.SERVICES,)
    return ()


def _gateways(transformers: tuple[Transformer, ...]) -> Iterator[Collection]:
    for each in transformers:
        if isinstance(each, DaemonSetTransformer):
            yield Collection(Kind.ENDPOINTS, each.namespace)
            yield Collection(Kind.SERVICES, each.namespace)


def _namespaces(linker: Linker, namer: Namer, own: str) -> tuple[str, ...]:
    """In which names of the file lead it; all of them where any may be asked for."""
    if isinstance(namer, K8sNsNamer):
        return (own,)
    found = dict.fromkeys(
        _next_segment(place, namer.root)
        for place in _places(linker)
        if place.startswith(namer.root) or namer.root.startswith(place)
    )
    # requests may have a dtab of their own: what is near is within reach
    return ("",) if "" in found else tuple(filter(is_kubernetes_name, found)) or (own,)


def _next_segment(place: Path, root: Path) -> str:
    """Empty where the file does not say it."""
    segments = place.drop(len(root)).segments
    return segments[0].decode(errors="replace").lower() if segments else ""


def _places(linker: Linker) -> Iterator[Path]:
    """With what names begin, as far as the file says it, once they are rewritten."""
    for namer in linker.namers:
        if isinstance(namer, RewriteNamer):
            yield _fixed(namer.name)
        yield from _instead(namer.transformers)
    for router in linker.routers:
        yield router.dst_prefix
        yield from _written(router)
        yield from _instead(router.interpreter.transformers)


def _written(router: Router) -> Iterator[Path]:
    interpreter: Interpreter = router.interpreter
    if isinstance(interpreter, NamerdInterpreter):
        return  # which asks namers of its own
    if isinstance(interpreter, KeptDtab):
        yield Path()  # what is kept there leads anywhere
    for dentry in router.dtab.dentries:
        yield from leaves(dentry.dst)


def _instead(transformers: tuple[Transformer, ...]) -> Iterator[Path]:
    for each in transformers:
        if isinstance(each, ConstTransformer | ReplaceTransformer):
            yield each.path


def _fixed(name: str) -> Path:
    """The head of a rewriter's name that does not depend on what it matched."""
    head, captured, _ = name.partition("{")
    return Path.of(*filter(None, (head.rpartition("/")[0] if captured else name).split("/")))

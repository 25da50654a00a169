"""What the account of a mesh or a namerd must be allowed to do, as its file has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
from clew.mesh.config.namerd import Namerd
from clew.mesh.config.namers import K8sExternalNamer, K8sNamer, K8sNsNamer, Namer, RewriteNamer
from clew.mesh.config.router import Router
from clew.mesh.config.section import is_kubernetes_name
from clew.mesh.config.storage import KubernetesStorage
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


def rights(file: Linker | Namerd, own: str) -> tuple[Right, ...]:
    """Each once, without those that others cover. ``own`` is the namespace of the pod."""
    watched = map(Right.to_watch, _collections(file, own))
    wanted = dict.fromkeys([*watched, *_written(file)])
    return tuple(
        each for each in wanted if not any(other != each and other.covers(each) for other in wanted)
    )


def _collections(file: Linker | Namerd, own: str) -> Iterator[Collection]:
    for namer in file.namers:
        for kind in _kinds(namer):
            for namespace in _namespaces(file, namer, own):
                yield Collection(kind, namespace)
        yield from _gateways(namer.transformers)
    for router in _routers(file):
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


def _routers(file: Linker | Namerd) -> tuple[Router, ...]:
    return file.routers if isinstance(file, Linker) else ()


def _written(file: Linker | Namerd) -> Iterator[Right]:
    """What is not only read: of a mesh one Secret, which must be there; of a namerd its dtabs."""
    match file:
        case Linker():
            authority = used_authority(file)
            if isinstance(authority, SecretAuthority):
                secret = Collection(Kind.SECRETS, authority.namespace, SECRET)
                yield replace(Right.to_watch(secret), verbs=("get", *WATCH, "update"))
        case Namerd(storage=KubernetesStorage(namespace=namespace)):
            verbs = ("get", *WATCH, "create", "update", "delete")
            yield replace(Right.to_watch(Collection(Kind.DTABS, namespace)), verbs=verbs)


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


def _namespaces(file: Linker | Namerd, namer: Namer, own: str) -> tuple[str, ...]:
    """In which names of the file lead it; all of them where any may be asked for."""
    if isinstance(namer, K8sNsNamer):
        return (own,)
    found = dict.fromkeys(
        _next_segment(place, namer.root)
        for place in _places(file)
        if place.startswith(namer.root) or namer.root.startswith(place)
    )
    # requests may have a dtab of their own: what is near is within reach
    return ("",) if "" in found else tuple(filter(is_kubernetes_name, found)) or (own,)


def _next_segment(place: Path, root: Path) -> str:
    """Empty where the file does not say it."""
    segments = place.drop(len(root)).segments
    return segments[0].decode(errors="replace").lower() if segments else ""


def _places(file: Linker | Namerd) -> Iterator[Path]:
    """With what names begin, as far as the file says it, once they are rewritten."""
    if isinstance(file, Namerd):
        yield Path()  # what its dtabs will be is not in the file
    for namer in file.namers:
        if isinstance(namer, RewriteNamer):
            yield _fixed(namer.name)
        yield from _instead(namer.transformers)
    for router in _routers(file):
        yield router.dst_prefix
        yield from _led_to(router)
        yield from _instead(router.interpreter.transformers)


def _led_to(router: Router) -> Iterator[Path]:
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

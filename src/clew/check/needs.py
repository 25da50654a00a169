"""What a linker or namerd file needs of the world around it: servers, files, variables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from clew.mesh.config.authority import SecretAuthority
from clew.mesh.config.certificates import certificates, used_authority
from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.interpreter import (
    ConfigMapInterpreter,
    DefaultInterpreter,
    FsInterpreter,
    Interpreter,
    NamerdInterpreter,
)
from clew.mesh.config.linker import Linker
from clew.mesh.config.namerd import Namerd
from clew.mesh.config.namers import (
    ConsulNamer,
    DnsSrvNamer,
    FsNamer,
    K8sExternalNamer,
    K8sNamer,
    K8sNsNamer,
    MarathonNamer,
    Namer,
    RewriteNamer,
    ServersetsNamer,
    ZkLeaderNamer,
)
from clew.mesh.config.storage import DirectoryStorage, InMemoryStorage, KubernetesStorage, Storage
from clew.mesh.config.telemetry import OtlpTelemeter, ZipkinHttpTelemeter, ZipkinTelemeter
from clew.mesh.config.tls import SYSTEM, Certificate, ClientTls
from clew.mesh.config.transformers import (
    DaemonSetTransformer,
    LocalNodeTransformer,
    Transformer,
)
from clew.mesh.naming.bound import Address


@dataclass(frozen=True, slots=True)
class Directory:
    """One that can be listed."""

    path: str


@dataclass(frozen=True, slots=True)
class File:
    """One that can be read."""

    path: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One of the environment, or another in its place."""

    names: tuple[str, ...]
    field: str
    """Where a pod has it from, ``spec.nodeName``."""


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """The API server, by way of a proxy where one answers there."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP server that answers 200 at a URL."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Server:
    """One of several servers that accepts connections."""

    places: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class DnsServer:
    """One that answers any question."""

    place: Address


Thing = Directory | File | Variable | Kubernetes | Page | Server | DnsServer


@dataclass(frozen=True, slots=True)
class Need:
    """A thing, and what does not work without it."""

    thing: Thing
    who: str
    """As it stands in the file, ``namers[0] io.l5d.consul``."""
    without: str
    """``its names bind to nothing``."""
    vital: bool = True
    """Whether requests fail without it."""


def needs(file: Linker | Namerd) -> tuple[Need, ...]:
    """Of what several need the first is named."""
    first: dict[Thing, Need] = {}
    for need in _all(file):
        first.setdefault(need.thing, need)
    return tuple(first.values())


def _all(file: Linker | Namerd) -> Iterator[Need]:
    yield from _namers(file.namers)
    if isinstance(file, Linker):
        yield from _routers(file)
        yield from _telemeters(file)
    else:
        who = f"storage {file.storage.kind}"
        for thing in _of_storage(file.storage):
            yield Need(thing, who, "there are no dtabs")


def _of_storage(storage: Storage) -> Iterator[Thing]:
    match storage:
        case InMemoryStorage():
            pass
        case DirectoryStorage(directory=path):
            yield Directory(path)
        case KubernetesStorage(host=host, port=port):
            yield Kubernetes(host, port)
        case _:
            assert_never(storage)


def _namers(namers: Sequence[Namer]) -> Iterator[Need]:
    for index, namer in enumerate(namers):
        who = f"namers[{index}] {namer.kind}"
        for thing in (*_of_namer(namer), *_of_transformers(namer.transformers)):
            yield Need(thing, who, "its names bind to nothing")


def _of_namer(namer: Namer) -> Iterator[Thing]:
    match namer:
        case FsNamer(root_dir=root_dir):
            yield Directory(root_dir)
        case K8sNsNamer(host=host, port=port, env_var=variable):
            yield Variable((variable,), "metadata.namespace")
            yield Kubernetes(host, port)
        case K8sNamer(host=host, port=port) | K8sExternalNamer(host=host, port=port):
            yield Kubernetes(host, port)
        case ConsulNamer(host=host, port=port, token=token):
            tokens = {"X-Consul-Token": token} if token else {}
            yield _page(namer.tls, Address(host, port), "/v1/status/leader", tokens)
        case DnsSrvNamer(servers=servers):
            yield from (DnsServer(Address(*server)) for server in servers)
        case MarathonNamer(host=host, port=port, uri_prefix=prefix):
            yield _page(namer.tls, Address(host, port), f"{prefix}/ping")
        case ServersetsNamer(zk_addrs=addrs) | ZkLeaderNamer(zk_addrs=addrs):
            yield Server(tuple(Address(each.host, each.port) for each in addrs))
        case RewriteNamer():
            pass
        case _:
            assert_never(namer)


def _routers(linker: Linker) -> Iterator[Need]:
    for router in linker.routers:
        interpreter = router.interpreter
        who = f"router {router.label} {interpreter.kind}"
        things = [*_of_interpreter(interpreter), *_of_transformers(interpreter.transformers)]
        for thing in things:
            yield Need(thing, who, "its names bind to nothing")
        for identifier in router.identifier:
            if isinstance(identifier, IngressIdentifier):
                place = Kubernetes(identifier.host, identifier.port)
                yield Need(place, f"router {router.label} {identifier.kind}", "it does not listen")
    authority = used_authority(linker)
    if isinstance(authority, SecretAuthority):
        place = Kubernetes(authority.host, authority.port)
        yield Need(place, f"authority {authority.kind}", "tls: auto does not work")
    for certificate in certificates(linker):
        yield from _files(certificate, "a tls section", "connections fail")
    if linker.admin.tls is not None:
        for certificate in linker.admin.tls.certificates:
            yield from _files(certificate, "admin.tls", "the mesh does not start")


def _files(certificate: Certificate, who: str, otherwise: str) -> Iterator[Need]:
    return (Need(File(path), who, otherwise) for path in certificate.files if path != SYSTEM)


def _of_interpreter(interpreter: Interpreter) -> Iterator[Thing]:
    match interpreter:
        case DefaultInterpreter():
            pass
        case FsInterpreter(dtab_file=path):
            yield File(path)
        case ConfigMapInterpreter(host=host, port=port):
            yield Kubernetes(host, port)
        case NamerdInterpreter(namespace=namespace, tls=tls):
            if interpreter.place is not None:
                yield _page(tls, interpreter.place, f"/api/1/dtabs/{namespace}")
        case _:
            assert_never(interpreter)


def _of_transformers(transformers: tuple[Transformer, ...]) -> Iterator[Thing]:
    for each in transformers:
        if isinstance(each, DaemonSetTransformer):
            yield Kubernetes(each.k8s_host, each.k8s_port)
        elif isinstance(each, LocalNodeTransformer):
            yield Variable(("NODE_NAME", "POD_IP"), "spec.nodeName")


def _telemeters(linker: Linker) -> Iterator[Need]:
    for index, telemeter in enumerate(linker.telemetry):
        if isinstance(telemeter, ZipkinTelemeter | ZipkinHttpTelemeter | OtlpTelemeter):
            who = f"telemetry[{index}] {telemeter.kind}"
            yield Need(Server((telemeter.place,)), who, "its spans are lost", vital=False)


def _page(
    tls: ClientTls | None, place: Address, path: str, headers: Mapping[str, str] | None = None
) -> Thing:
    """With TLS only whether it accepts connections: whom to trust is a question of its own."""
    if tls is not None and tls.enabled:
        return Server((place,))
    return Page(f"http://{place}{path}", headers or {})

"""What the namers keep of Kubernetes objects: no more than is needed to answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from clew.mesh.namers.k8s import api_object as api
from clew.mesh.namers.k8s.api_object import ApiObject, Metadata
from clew.mesh.namers.k8s.ingresses import Ingress
from clew.mesh.naming.bound import Address

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which an EndpointSlice says whose it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """Ready addresses that share their ports: one EndpointSlice, or one subset of Endpoints."""

    family: str
    """``IPv4``, ``IPv6`` or ``FQDN``."""
    hosts: tuple[tuple[str, str], ...]
    """Host and name of its node; the latter is empty when it is not said."""
    ports: Mapping[str, int]
    """By name; an unnamed port has the empty name."""

    def at(self, port: int) -> frozenset[Address]:
        """The addresses, at this port."""
        return frozenset(Address(host, port, node_name=node) for host, node in self.hosts)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The part of a service's endpoints that one object holds."""

    service: str
    groups: tuple[Group, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service."""

    name: str
    """Empty when it is the only one and has none."""
    number: int
    target: int | None
    """The number at the pods; None when the pods name it, each on its own."""


@dataclass(frozen=True, slots=True)
class Service:
    """A Service."""

    service: str
    ports: tuple[ServicePort, ...]
    outside: tuple[str, ...]
    """IP addresses and host names of its load balancer."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """A ConfigMap."""

    name: str
    data: Mapping[str, str]
    """By entry; what is not UTF-8 text is not among them."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret."""

    name: str
    namespace: str
    version: str
    type: str
    """Such as ``kubernetes.io/tls``."""
    data: Mapping[str, bytes] = field(repr=False)
    """By entry."""


@dataclass(frozen=True, slots=True)
class DTab:
    """A dtab of namerd, ``dtabs.l5d.io``."""

    name: str
    version: str
    dentries: tuple[tuple[str, str], ...]
    """Prefix and destination of each, unread."""


Kept = Endpoints | Service | ConfigMap | Secret | Ingress | DTab


class _Address(ApiObject, frozen=True):
    ip: str
    node_name: str | None = None


class _Subset(ApiObject, frozen=True):
    addresses: list[_Address] | None = None
    ports: list[api.Port] | None = None


class _Endpoints(ApiObject, frozen=True):
    metadata: Metadata
    subsets: list[_Subset] | None = None


class _ConfigMap(ApiObject, frozen=True):
    metadata: Metadata
    data: dict[str, str] | None = None


class _Secret(ApiObject, frozen=True):
    metadata: Metadata
    type: str = "Opaque"
    data: dict[str, bytes] | None = None
    """Written in base64."""


class _Dentry(ApiObject, frozen=True):
    prefix: str
    dst: str


class _DTab(ApiObject, frozen=True):
    metadata: Metadata
    dentries: list[_Dentry] | None = None


Read = Callable[[bytes], Kept]
"""Raises msgspec.MsgspecError for what is not such an object."""


def read_slice(text: bytes) -> Endpoints:
    """An EndpointSlice of discovery.k8s.io/v1."""
    read = msgspec.json.decode(text, type=api.EndpointSlice)
    labels = read.metadata.labels or {}
    hosts = tuple(
        # the further addresses of an endpoint are the same pod once more
        (endpoint.addresses[0], endpoint.node_name or "")
        for endpoint in read.endpoints or ()
        if endpoint.addresses and endpoint.is_ready
    )
    group = Group(read.address_type, hosts, _tcp_ports(read.ports))
    return Endpoints(labels.get(SERVICE_NAME, ""), (group,), labels)


def read_endpoints(text: bytes) -> Endpoints:
    """An Endpoints object of the core API; each subset stays on its own."""
    read = msgspec.json.decode(text, type=_Endpoints)
    groups = []
    for subset in read.subsets or ():
        hosts = tuple((a.ip, a.node_name or "") for a in subset.addresses or ())
        groups.append(Group(_family(hosts), hosts, _tcp_ports(subset.ports)))
    return Endpoints(read.metadata.name, tuple(groups), read.metadata.labels or {})


def read_service(text: bytes) -> Service:
    """A Service of the core API."""
    read = msgspec.json.decode(text, type=api.Service)
    ports = tuple(
        ServicePort(port.name or "", port.port, _target(port.target_port, port.port))
        for port in read.spec.ports or ()
        if port.is_tcp and port.port is not None
    )
    ingress = read.status.load_balancer.ingress or ()
    outside = tuple(place for each in ingress if (place := each.hostname or each.ip))
    return Service(read.metadata.name, ports, outside, read.metadata.labels or {})


def read_config_map(text: bytes) -> ConfigMap:
    """A ConfigMap of the core API."""
    read = msgspec.json.decode(text, type=_ConfigMap)
    return ConfigMap(read.metadata.name, read.data or {})


def read_secret(text: bytes) -> Secret:
    """A Secret of the core API."""
    read = msgspec.json.decode(text, type=_Secret)
    metadata = read.metadata
    return Secret(
        metadata.name, metadata.namespace, metadata.resource_version, read.type, read.data or {}
    )


def read_dtab(text: bytes) -> DTab:
    """A DTab of l5d.io/v1alpha1."""
    read = msgspec.json.decode(text, type=_DTab)
    dentries = tuple((each.prefix, each.dst) for each in read.dentries or ())
    return DTab(read.metadata.name, read.metadata.resource_version, dentries)


def _tcp_ports(ports: list[api.Port] | None) -> Mapping[str, int]:
    return {p.name or "": p.port for p in ports or () if p.is_tcp and p.port is not None}


def _target(target: int | str | None, number: int) -> int | None:
    if isinstance(target, str):
        return int(target) if target.isascii() and target.isdigit() else None
    return target or number


def _family(hosts: tuple[tuple[str, str], ...]) -> str:
    return "IPv6" if any(":" in host for host, _ in hosts) else "IPv4"

"""From paths to what must be known of the cluster, and from that to answers. Pure."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from clew.mesh.config.section import is_kubernetes_name
from clew.mesh.namers.k8s.ingresses import Ingress
from clew.mesh.namers.k8s.objects import (
    ConfigMap,
    DTab,
    Endpoints,
    Group,
    Kept,
    Secret,
    Service,
    ServicePort,
)
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.path import Path

FAMILIES = ("IPv4", "IPv6", "FQDN")
"""A pod with addresses of several families is one endpoint: the first of these counts."""


class Kind(enum.Enum):
    """Of objects that are watched."""

    ENDPOINTS = "endpoints"
    """EndpointSlices, or Endpoints where there are no slices."""
    SERVICES = "services"
    CONFIG_MAPS = "configmaps"
    SECRETS = "secrets"
    INGRESSES = "ingresses"
    DTABS = "dtabs"


@dataclass(frozen=True, slots=True)
class Collection:
    """The objects of one kind in one namespace, or one of them."""

    kind: Kind
    namespace: str
    """Empty for every namespace."""
    name: str = ""
    """Of the only object; empty for all of them."""

    def __str__(self) -> str:
        name = f" named {self.name}" if self.name else ""
        return f"{self.kind.value}{name} in {self.where}"

    @property
    def where(self) -> str:
        """In words."""
        return f"namespace {self.namespace}" if self.namespace else "all namespaces"


@dataclass(frozen=True, slots=True)
class View:
    """What is known of a collection."""

    objects: Mapping[str, Sequence[Kept]] = field(default_factory=dict)
    """By name; endpoints by that of their service."""
    synced: bool = False
    """Whether it has been read once; what it said last stays true until it says other things."""
    trouble: str = ""
    """Why it cannot be read, when trying again will not help; empty when it will."""


World = Mapping[Collection, View]


@dataclass(frozen=True, slots=True)
class Question(ABC):
    """A path, understood."""

    namespace: str
    port: str
    service: str
    id: Path
    """What was understood of the path, lower-cased."""
    residual: Path
    """The rest."""

    @property
    @abstractmethod
    def needs(self) -> Sequence[Collection]:
        """What must be watched to answer."""

    @abstractmethod
    def known(self, world: World) -> Answer:
        """The answer once all that is needed has been read."""

    def answer(self, world: World) -> Answer:
        """What is known now."""
        unread = [view for each in self.needs if not (view := world.get(each, View())).synced]
        if not unread:
            return self.known(world)
        troubles = [view.trouble for view in unread if view.trouble]
        return Broken(troubles[0]) if troubles else Waiting()

    def evidence(self, world: World) -> Sequence[object]:
        """What the answer follows from: while it stays the same, so does the answer."""
        views = [world.get(each, View()) for each in self.needs]
        return [(view.synced, view.trouble, view.objects.get(self.service)) for view in views]

    def _bound(self, members: frozenset[Address]) -> Bound:
        return Bound(self.id, Addresses(members), self.residual)

    def _services(self, world: World) -> list[Service]:
        view = world[Collection(Kind.SERVICES, self.namespace)]
        return [each for each in view.objects.get(self.service, ()) if isinstance(each, Service)]


@dataclass(frozen=True, slots=True)
class OfEndpoints(Question):
    """The ready pods of a service, by name or number of its port."""

    label: tuple[str, str] | None = None
    """Key and value of a label that the service must have; None for none."""

    @property
    def needs(self) -> Sequence[Collection]:
        endpoints = Collection(Kind.ENDPOINTS, self.namespace)
        if self._by_number:
            return endpoints, Collection(Kind.SERVICES, self.namespace)
        return (endpoints,)

    def known(self, world: World) -> Answer:
        groups = self._groups(world)
        if self._by_number:
            port = _service_port(self._services(world), self.port)
            found = None if port is None else _numbered(groups, port)
        else:
            found = _named(groups, self.port)
        return Missing() if found is None else self._bound(found)

    @property
    def _by_number(self) -> bool:
        return self.port.isascii() and self.port.isdigit()

    def _groups(self, world: World) -> list[Group]:
        view = world[Collection(Kind.ENDPOINTS, self.namespace)]
        groups = [
            group
            for each in view.objects.get(self.service, ())
            if isinstance(each, Endpoints) and self._is_labelled(each)
            for group in each.groups
        ]
        families = {group.family for group in groups if group.hosts or group.ports}
        family = next((each for each in FAMILIES if each in families), None)
        return [group for group in groups if group.family == family]

    def _is_labelled(self, endpoints: Endpoints) -> bool:
        if self.label is None:
            return True
        key, value = self.label
        return endpoints.labels.get(key, "").lower() == value


@dataclass(frozen=True, slots=True)
class OfLoadBalancer(Question):
    """Where a service is reached from outside the cluster."""

    @property
    def needs(self) -> Sequence[Collection]:
        return (Collection(Kind.SERVICES, self.namespace),)

    def known(self, world: World) -> Answer:
        services = self._services(world)
        port = _service_port(services, self.port)
        outside = frozenset(place for service in services for place in service.outside)
        if port is None or not outside:
            return Missing()
        return self._bound(frozenset(Address(place, port.number) for place in outside))


class Lookup(Protocol):
    """How a namer understands paths."""

    def ask(self, prefix: Path, path: Path) -> Question | None:
        """``path`` begins with ``prefix``, as ids do. None for a path that names nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ByEndpoints:
    """io.l5d.k8s and io.l5d.k8s.ns: ``/<namespace>/<port>/<service>``."""

    namespace: str = ""
    """Where it is fixed; empty when paths begin with it."""
    label: str | None = None
    """The key of a label whose value is a further segment."""

    def ask(self, prefix: Path, path: Path) -> Question | None:
        named = _named_parts(prefix, path, self.namespace, labelled=self.label is not None)
        if named is None:
            return None
        parts, id, residual = named
        label = None if self.label is None else (self.label, parts[3])
        return OfEndpoints(parts[0], parts[1], parts[2], id, residual, label)


@dataclass(frozen=True, slots=True)
class ByLoadBalancer:
    """io.l5d.k8s.external: ``/<namespace>/<port>/<service>``."""

    def ask(self, prefix: Path, path: Path) -> Question | None:
        named = _named_parts(prefix, path)
        if named is None:
            return None
        parts, id, residual = named
        return OfLoadBalancer(parts[0], parts[1], parts[2], id, residual)


def _named_parts(
    prefix: Path, path: Path, namespace: str = "", labelled: bool = False
) -> tuple[Sequence[str], Path, Path] | None:
    """Namespace, port, service and label; the id, and what is left of the path."""
    rest = path.drop(len(prefix))
    depth = (2 if namespace else 3) + labelled
    if len(rest) < depth:
        return None
    named = [segment.decode(errors="replace").lower() for segment in rest.segments[:depth]]
    parts = [namespace, *named] if namespace else named
    if not all(map(is_kubernetes_name, parts[:3])):
        return None
    return parts, prefix + Path.of(*named), rest.drop(depth)


def by_name(objects: Iterable[Kept]) -> Mapping[str, Sequence[Kept]]:
    """The objects of a collection as a view holds them."""
    found: dict[str, list[Kept]] = {}
    for each in objects:
        found.setdefault(_name(each), []).append(each)
    return found


def _name(kept: Kept) -> str:
    match kept:
        case Endpoints(service=name) | Service(service=name):
            return name
        case ConfigMap(name=name) | Secret(name=name) | Ingress(name=name) | DTab(name=name):
            return name
    assert_never(kept)


def _service_port(services: Iterable[Service], port: str) -> ServicePort | None:
    """The port with this name or number."""
    ports = (each for service in services for each in service.ports)
    return next((each for each in ports if port in (each.name, str(each.number))), None)


def _named(groups: Sequence[Group], name: str) -> frozenset[Address] | None:
    """Every group at its own port of this name; None when no group has one."""
    having = [group for group in groups if name in group.ports]
    if not having:
        return None
    return frozenset(address for group in having for address in group.at(group.ports[name]))


def _numbered(groups: Sequence[Group], port: ServicePort) -> frozenset[Address]:
    """Endpoints name their ports as the Service does; the number is for those that do not."""
    by_name = _named(groups, port.name)
    if by_name is not None or port.target is None:
        return by_name or frozenset()
    return frozenset(address for group in groups for address in group.at(port.target))

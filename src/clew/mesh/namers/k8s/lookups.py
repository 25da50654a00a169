"""From paths to what must be known of the cluster, and from that to answers. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from clew.mesh.namers.k8s.objects import Endpoints, Group, Kept, Service, ServicePort
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.path import Path

FAMILIES = ("IPv4", "IPv6", "FQDN")
"""A pod with addresses of several families is one endpoint: the first of these counts."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
"""What Kubernetes lets names be, so that nothing else comes into a URL."""


class Kind(enum.Enum):
    """Of objects that are watched."""

    ENDPOINTS = "endpoints"
    """EndpointSlices, or Endpoints where there are no slices."""
    SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Collection:
    """The objects of one kind in one namespace."""

    kind: Kind
    namespace: str

    def __str__(self) -> str:
        return f"{self.kind.value} in namespace {self.namespace}"


@dataclass(frozen=True, slots=True)
class View:
    """What is known of a collection."""

    objects: Mapping[str, Sequence[Kept]] = field(default_factory=dict)
    """By name of the service."""
    synced: bool = False
    """Whether it has been read once; what it said last stays true until it says other things."""
    trouble: str = ""
    """Why it cannot be read, when trying again will not help; empty when it will."""


World = Mapping[Collection, View]


class Lookup(Protocol):
    """How paths (without the prefix of the namer) are understood."""

    def needs(self, path: Path) -> frozenset[Collection]:
        """What must be watched to answer; nothing for a path that names nothing."""
        ...

    def answer(self, prefix: Path, path: Path, world: World) -> Answer:
        """``prefix`` is that of the namer: ids begin with it."""
        ...


@dataclass(frozen=True, slots=True)
class _Question:
    namespace: str
    port: str
    service: str
    label: str
    """The value that the label must have; empty when none is asked for."""
    id: Path
    residual: Path

    @property
    def number(self) -> int | None:
        """The port, when it is asked for by its number."""
        return int(self.port) if self.port.isascii() and self.port.isdigit() else None


@dataclass(frozen=True, slots=True)
class _ByService:
    """``/<namespace>/<port>/<service>``, or without the namespace where it is fixed."""

    namespace: str = ""
    """Empty when paths begin with it."""

    def _ask(self, path: Path, labelled: bool = False) -> _Question | None:
        fixed = 1 if self.namespace else 0
        depth = 3 - fixed + labelled
        if len(path) < depth:
            return None
        named = [segment.decode(errors="replace").lower() for segment in path.segments[:depth]]
        namespace, port, service, *label = [self.namespace, *named] if fixed else named
        if not all(_NAME.fullmatch(part) for part in (namespace, port, service)):
            return None
        return _Question(
            namespace, port, service, "".join(label), Path.of(*named), path.drop(depth)
        )


@dataclass(frozen=True, slots=True)
class ByEndpoints(_ByService):
    """io.l5d.k8s and io.l5d.k8s.ns: the ready pods of a service, by port name or number."""

    label: str | None = None
    """The key of a label whose value is a further segment."""

    def needs(self, path: Path) -> frozenset[Collection]:
        asked = self._ask(path, self.label is not None)
        if asked is None:
            return frozenset()
        endpoints = Collection(Kind.ENDPOINTS, asked.namespace)
        if asked.number is None:
            return frozenset([endpoints])
        return frozenset([endpoints, Collection(Kind.SERVICES, asked.namespace)])

    def answer(self, prefix: Path, path: Path, world: World) -> Answer:
        asked = self._ask(path, self.label is not None)
        if asked is None:
            return Missing()
        unknown = _unknown(self.needs(path), world)
        if unknown is not None:
            return unknown
        groups = self._groups(asked, world)
        if asked.number is None:
            found = _named(groups, asked.port)
        else:
            port = _service_port(_services(asked, world), asked.port)
            found = None if port is None else _numbered(groups, port)
        if found is None:
            return Missing()
        return Bound(prefix + asked.id, Addresses(found), asked.residual)

    def _groups(self, asked: _Question, world: World) -> list[Group]:
        view = world[Collection(Kind.ENDPOINTS, asked.namespace)]
        groups = [
            group
            for each in view.objects.get(asked.service, ())
            if isinstance(each, Endpoints)
            and (self.label is None or each.labels.get(self.label, "").lower() == asked.label)
            for group in each.groups
        ]
        families = {group.family for group in groups if group.hosts or group.ports}
        family = next((each for each in FAMILIES if each in families), None)
        return [group for group in groups if group.family == family]


@dataclass(frozen=True, slots=True)
class ByLoadBalancer(_ByService):
    """io.l5d.k8s.external: where a service is reached from outside the cluster."""

    def needs(self, path: Path) -> frozenset[Collection]:
        asked = self._ask(path)
        if asked is None:
            return frozenset()
        return frozenset([Collection(Kind.SERVICES, asked.namespace)])

    def answer(self, prefix: Path, path: Path, world: World) -> Answer:
        asked = self._ask(path)
        if asked is None:
            return Missing()
        unknown = _unknown(self.needs(path), world)
        if unknown is not None:
            return unknown
        services = _services(asked, world)
        port = _service_port(services, asked.port)
        outside = frozenset(place for service in services for place in service.outside)
        if port is None or not outside:
            return Missing()
        members = frozenset(Address(place, port.number) for place in outside)
        return Bound(prefix + asked.id, Addresses(members), asked.residual)


def by_service(objects: Iterable[Kept]) -> Mapping[str, Sequence[Kept]]:
    """The objects of a collection as a view holds them."""
    found: dict[str, list[Kept]] = {}
    for each in objects:
        found.setdefault(each.service, []).append(each)
    return found


def _unknown(needed: Iterable[Collection], world: World) -> Answer | None:
    """What to say while a collection has not been read; None when all have."""
    unread = [view for each in needed if not (view := world.get(each, View())).synced]
    if not unread:
        return None
    troubles = [view.trouble for view in unread if view.trouble]
    return Broken(troubles[0]) if troubles else Waiting()


def _services(asked: _Question, world: World) -> list[Service]:
    view = world[Collection(Kind.SERVICES, asked.namespace)]
    return [each for each in view.objects.get(asked.service, ()) if isinstance(each, Service)]


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

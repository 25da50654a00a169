"""All that Envoy should have, as one immutable value whose parts carry their version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NewType

from google.protobuf import any_pb2

TypeUrl = NewType("TypeUrl", str)
"""Which kind of resource, as xDS names it."""

LISTENER = TypeUrl("type.googleapis.com/envoy.config.listener.v3.Listener")
ROUTE = TypeUrl("type.googleapis.com/envoy.config.route.v3.RouteConfiguration")
CLUSTER = TypeUrl("type.googleapis.com/envoy.config.cluster.v3.Cluster")
ENDPOINT = TypeUrl("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment")
SECRET = TypeUrl("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret")

Ref = tuple[TypeUrl, str]
"""A resource by type and name."""


def pack(message: Any) -> any_pb2.Any:
    """Any with the same bytes for the same message, so that versions can be compared."""
    packed = any_pb2.Any()
    packed.Pack(message, deterministic=True)
    return packed


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, ready to be sent."""

    type_url: TypeUrl
    name: str
    body: bytes
    """The message, serialised deterministically."""
    version: str
    """A digest of ``body``: the same content has the same version, also after a restart."""
    refers: tuple[Ref, ...] = ()
    """What Envoy will ask for when it has this one."""

    @staticmethod
    def of(name: str, message: Any, *, refers: tuple[Ref, ...] = ()) -> Resource:
        """``message`` under ``name``; its type is that of the message."""
        body = message.SerializeToString(deterministic=True)
        type_url = TypeUrl(f"type.googleapis.com/{message.DESCRIPTOR.full_name}")
        version = hashlib.blake2b(body, digest_size=8).hexdigest()
        return Resource(type_url, name, body, version, refers)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A consistent set of resources. Check ``dangling`` before it is published."""

    by_type: Mapping[TypeUrl, Mapping[str, Resource]] = field(default_factory=dict)

    @staticmethod
    def of(resources: Iterable[Resource]) -> Snapshot:
        """Later resources replace earlier ones of the same type and name."""
        by_type: dict[TypeUrl, dict[str, Resource]] = {}
        for resource in resources:
            by_type.setdefault(resource.type_url, {})[resource.name] = resource
        return Snapshot(by_type)

    def of_type(self, type_url: TypeUrl) -> Mapping[str, Resource]:
        """By name; empty when there is none."""
        return self.by_type.get(type_url, {})

    def dangling(self) -> tuple[Ref, ...]:
        """What is referred to and missing. Envoy would wait for it; must be empty."""
        missing = {
            (type_url, name)
            for resources in self.by_type.values()
            for resource in resources.values()
            for type_url, name in resource.refers
            if name not in self.of_type(type_url)
        }
        return tuple(sorted(missing))


@dataclass(frozen=True, slots=True)
class Change:
    """What is different for one type between two snapshots."""

    changed: tuple[Resource, ...] = ()
    """New ones and those with another version, by name."""
    removed: tuple[str, ...] = ()


def newer(
    old: Mapping[str, str], new: Mapping[str, Resource], names: Iterable[str]
) -> tuple[Resource, ...]:
    """Of these names, what is in ``new`` in another version than somebody has."""
    there = (name for name in names if name in new)
    return tuple(new[name] for name in sorted(n for n in there if old.get(n) != new[n].version))


def diff(old: Mapping[str, str], new: Mapping[str, Resource]) -> Change:
    """From the versions that somebody has (by name) to what there should be."""
    return Change(
        changed=newer(old, new, new),
        removed=tuple(sorted(old.keys() - new.keys())),
    )

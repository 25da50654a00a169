"""What is watched in the cluster, as ``/namer_state/io.l5d.k8s.json`` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clew.mesh.namers.k8s.lookups import Collection, Kind, Question, View
from clew.mesh.namers.k8s.objects import Endpoints, Kept, Service
from clew.mesh.namers.watch_state import Document, WatchState

_SHOWN = {Kind.ENDPOINTS: "endpoints", Kind.SERVICES: "portMappings"}


def state_of(
    questions: Iterable[Question], watched: Mapping[Collection, tuple[View, WatchState]]
) -> Document:
    """By kind and ``<namespace>/<service>``. Services of a namespace share one watch."""
    document: dict[str, dict[str, Any]] = {shown: {} for shown in _SHOWN.values()}
    for question in questions:
        for collection in question.needs:
            if collection in watched:
                view, state = watched[collection]
                objects = view.objects.get(question.service, ())
                document[_SHOWN[collection.kind]][f"{question.namespace}/{question.service}"] = {
                    "state": state.state(_value(collection.kind, objects) if view.synced else None),
                    "watch": state.watch(),
                }
    return document


def _value(kind: Kind, objects: Sequence[Kept]) -> Document:
    match kind:
        case Kind.ENDPOINTS:
            groups = [g for each in objects if isinstance(each, Endpoints) for g in each.groups]
            hosts = sorted({host for group in groups for host in group.hosts})
            return {
                "endpoints": [{"ip": ip, "nodeName": node or None} for ip, node in hosts],
                "ports": {name: port for group in groups for name, port in group.ports.items()},
            }
        case Kind.SERVICES:
            services = [each for each in objects if isinstance(each, Service)]
            ports = [port for service in services for port in service.ports]
            return {
                str(port.number): port.name if port.target is None else str(port.target)
                for port in ports
            }

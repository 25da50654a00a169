"""What is watched in the cluster, as ``/namer_state/io.l5d.k8s.json`` shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from clew.mesh.namers.k8s.lookups import Collection, Kind, Question, View
from clew.mesh.namers.k8s.objects import Endpoints, Kept, Service
from clew.mesh.namers.watch_state import Document, WatchState


def state_of(
    questions: Iterable[Question], watched: Mapping[Collection, tuple[View, WatchState]]
) -> Document:
    """By kind and ``<namespace>/<service>``. Services of a namespace share one watch."""
    document: dict[str, dict[str, Any]] = {shown: {} for shown, _ in _SHOWN.values()}
    for question in questions:
        for collection in question.needs:
            if collection in watched:
                view, state = watched[collection]
                shown, value = _SHOWN[collection.kind]
                objects = view.objects.get(question.service, ())
                document[shown][f"{question.namespace}/{question.service}"] = {
                    "state": state.state(value(objects) if view.synced else None),
                    "watch": state.watch(),
                }
    return document


def _endpoints(objects: Sequence[Kept]) -> Document:
    groups = [g for each in objects if isinstance(each, Endpoints) for g in each.groups]
    hosts = sorted({host for group in groups for host in group.hosts})
    return {
        "endpoints": [{"ip": ip, "nodeName": node or None} for ip, node in hosts],
        "ports": {name: port for group in groups for name, port in group.ports.items()},
    }


def _port_mappings(objects: Sequence[Kept]) -> Document:
    services = [each for each in objects if isinstance(each, Service)]
    ports = [port for service in services for port in service.ports]
    return {
        str(port.number): port.name if port.target is None else str(port.target) for port in ports
    }


_SHOWN: Mapping[Kind, tuple[str, Callable[[Sequence[Kept]], Document]]] = {
    Kind.ENDPOINTS: ("endpoints", _endpoints),
    Kind.SERVICES: ("portMappings", _port_mappings),
}
"""What questions need, in Linkerd's words."""

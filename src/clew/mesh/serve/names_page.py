"""What became of the names that requests asked for, as JSON documents for operators."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from google.protobuf import json_format

from clew.mesh.binding.reasons import why_unanswered
from clew.mesh.compile import Compiled, Named
from clew.mesh.naming.addr_state import addr_state
from clew.mesh.naming.answer import Answers, bounds
from clew.mesh.xds.errors import ERR, WHY
from clew.mesh.xds.metadata import NAMESPACE
from clew.mesh.xds.snapshot import CLUSTER, ENDPOINT, Ref, Snapshot

Document = dict[str, Any]


class Ages:
    """Since when each name is what it is."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[Named, float]] = {}

    def update(self, names: Mapping[str, Named], now: float) -> None:
        """``now`` is in seconds of a clock that does not go back."""
        before = self._since
        self._since = {
            name: before[name] if name in before and before[name][0] == named else (named, now)
            for name, named in names.items()
        }

    def of(self, name: str, now: float) -> float:
        """In seconds; 0 for a name that there is not."""
        since = self._since.get(name)
        return 0.0 if since is None else now - since[1]


def names_document(
    compiled: Compiled, ages: Ages, now: float, refused_by_envoy: Mapping[Ref, str]
) -> Document:
    """``/clew/names.json``; the values are explained in docs/commands.md."""
    admission = compiled.admission
    return {
        "version": snapshot_version(compiled.snapshot),
        "epoch": 0 if admission is None else admission.epoch,
        "gated": admission is not None and admission.gated,
        "names": [
            {
                "name": name,
                "state": named.state.value,
                "age_seconds": round(ages.of(name, now), 1),
                "endpoints": list(_endpoints(named)),
                "why": _why(named),
                "advice": list(named.advice),
            }
            for name, named in sorted(compiled.names.items())
        ],
        "refused": sorted(compiled.refused),
        "rejected": [
            {"type": type_url.rpartition(".")[2], "name": name, "error": error}
            for (type_url, name), error in sorted(refused_by_envoy.items())
        ],
    }


def client_state(compiled: Compiled) -> dict[str, Document]:
    """``/client_state.json``: by client id, what is known of its addresses."""
    states: dict[str, Document] = {}
    for named in compiled.names.values():
        for _, answer in named.used:
            for bound in bounds(answer):
                states.setdefault(str(bound.id), addr_state(bound.addr))
    reached: dict[str, set[str]] = {}
    for named in compiled.names.values():
        for endpoint in _endpoints(named):
            reached.setdefault(endpoint["client"], set()).add(endpoint["address"])
    for client, addresses in reached.items():
        states[client] = {"state": "bound", "addresses": sorted(addresses)}
    return dict(sorted(states.items()))


def client_addresses(compiled: Compiled, name: str, client: str) -> list[str]:
    """Those of the client with this id, among the endpoints of a name."""
    named = compiled.names.get(name)
    endpoints = () if named is None else _endpoints(named)
    return sorted(str(each["address"]) for each in endpoints if each["client"] == client)


def bound_names(answers: Answers) -> list[str]:
    """``/bound-names.json``: what the namers have found."""
    return sorted({str(bound.id) for answer in answers.values() for bound in bounds(answer)})


def snapshot_version(snapshot: Snapshot) -> str:
    """The same for the same content."""
    digest = hashlib.blake2b(digest_size=8)
    for type_url, resources in sorted(snapshot.by_type.items()):
        for name in sorted(resources):
            digest.update(f"{type_url} {name} {resources[name].version}\n".encode())
    return digest.hexdigest()


def _endpoints(named: Named) -> Iterator[Document]:
    for resource in named.resources:
        if resource.type_url == ENDPOINT:
            assignment = endpoint_pb2.ClusterLoadAssignment.FromString(resource.body)
        else:
            # hosts that Envoy resolves are in the cluster
            assignment = cluster_pb2.Cluster.FromString(resource.body).load_assignment
        for locality in assignment.endpoints:
            for each in locality.lb_endpoints:
                place = each.endpoint.address.socket_address
                host = f"[{place.address}]" if ":" in place.address else place.address
                yield {
                    "address": f"{host}:{place.port_value}",
                    "client": each.metadata.filter_metadata[NAMESPACE]["id"],
                    "weight": each.load_balancing_weight.value or 1,
                }


def _why(named: Named) -> str:
    """Why it leads nowhere; empty when it leads somewhere."""
    if any(True for _ in _endpoints(named)):
        return ""
    for resource in named.resources:
        if resource.type_url == CLUSTER:
            cluster = cluster_pb2.Cluster.FromString(resource.body)
            noted = json_format.MessageToDict(cluster.metadata.filter_metadata[NAMESPACE])
            if said := noted.get(ERR) or noted.get(WHY):
                return str(said)
    return why_unanswered(named.used)

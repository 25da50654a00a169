"""What the manifests have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from clew.install.options import Options

Object = dict[str, Any]

USER = 10001
"""The user of the image."""

UNPRIVILEGED: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""The security context of every container."""


def new(api: str, kind: str, name: str, options: Options, **fields: Any) -> Object:
    """An object of ours."""
    metadata = {
        "name": name,
        "namespace": options.namespace,
        "labels": {"app": name, "app.kubernetes.io/part-of": "clew"},
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def service(
    name: str,
    options: Options,
    ports: Sequence[Object],
    app: str = "",
    type: str | None = "ClusterIP",
) -> Object:
    """A Service of the pods of ``app``, or else ``name``; headless where ``type`` is None."""
    spec: Object = {"clusterIP": "None"} if type is None else {"type": type}
    spec |= {"selector": {"app": app or name}, "ports": list(ports)}
    return new("v1", "Service", name, options, spec=spec)


def selector(name: str) -> Object:
    """The pods of a workload."""
    return {"matchLabels": {"app": name}}


def pod(
    name: str,
    container: Object,
    more_security: Mapping[str, Any] = MappingProxyType({}),
    **spec: Any,
) -> Object:
    """A pod template with one container, which may do nothing but its work."""
    security: Object = {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
        **more_security,
    }
    container = {"name": name, **container, "securityContext": UNPRIVILEGED}
    labels = {"app": name, "app.kubernetes.io/part-of": "clew"}
    spec = {**spec, "securityContext": security, "containers": [container]}
    return {"metadata": {"labels": labels}, "spec": spec}


def from_field(name: str, path: str) -> Object:
    """A variable of the environment with a fact about the pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def resources(cpu: str, memory: str, most: str) -> Object:
    """What is reserved, and the memory beyond which it is ended. CPU is not limited: that hurts."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}}


def disruption_budget(name: str, options: Options) -> Object:
    """A node may be drained; not two of these at a time."""
    spec = {"maxUnavailable": 1, "selector": selector(name)}
    return new("policy/v1", "PodDisruptionBudget", name, options, spec=spec)


def network_policy(name: str, options: Options, **rules: Any) -> Object:
    """Who may reach the pods, and whom they may reach: what is not in ``rules`` is not limited."""
    types = [word.capitalize() for word in ("ingress", "egress") if word in rules]
    spec: Mapping[str, Any] = {"podSelector": selector(name), "policyTypes": types, **rules}
    return new("networking.k8s.io/v1", "NetworkPolicy", name, options, spec=spec)

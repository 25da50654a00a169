"""Versions of the API that are gone, and what their successors ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clew.install.upgrade.change import Change
from clew.install.upgrade.documents import Located

_NOW: Mapping[str, str] = {
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "CronJob": "batch/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
}
_GONE = {"ThirdPartyResource", "PodSecurityPolicy"}
_WORKLOADS = {kind for kind, version in _NOW.items() if version == "apps/v1"}


def versions(object: Located) -> Iterator[Change]:
    """Changes the object."""
    kind, was = object["kind"], str(object.get("apiVersion", ""))
    line = object.line
    if kind in _GONE:
        yield Change(line, "no Kubernetes has this kind any more: take it out")
    elif kind == "ReplicationController":
        yield from _deployment(object)
    elif (now := _NOW.get(kind)) and was != now:
        object["apiVersion"] = now
        yield Change(line, f"apiVersion {was or '(none)'} is now {now}")
        if kind in _WORKLOADS:
            yield from _workload(object)
        if kind == "Ingress":
            yield from _ingress(object)
    elif "alpha" in was or "beta" in was:
        yield Change(line, f"apiVersion {was} is left as it is: see kubectl explain {kind.lower()}")


def _deployment(object: Located) -> Iterator[Change]:
    """Which replaces its pods when it is changed, as the old kind did not."""
    name = object.get("metadata", {}).get("name", "")
    object |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    yield Change(object.line, "a ReplicationController is now a Deployment, of apps/v1")
    spec = _spec(object)
    if (chosen := spec.get("selector")) is not None:
        spec["selector"] = {"matchLabels": chosen}
    yield from _selector(object, spec)
    remedy = f"kubectl delete replicationcontroller {name}"
    yield Change(object.line, f"the old one and its pods stay until: {remedy}")


def _workload(object: Located) -> Iterator[Change]:
    spec = _spec(object)
    yield from _selector(object, spec)
    for key in ("rollbackTo", "templateGeneration"):
        if spec.pop(key, None) is not None:
            yield Change(spec.line, f"spec.{key} is gone")
    if object["kind"] == "DaemonSet" and "updateStrategy" not in spec:
        yield Change(spec.line, "without an updateStrategy pods are replaced now, node by node")
    if object["kind"] == "StatefulSet" and "serviceName" not in spec:
        yield Change(spec.line, "spec.serviceName is needed: name its headless Service")


def _selector(object: Located, spec: Located) -> Iterator[Change]:
    """From the labels of the pods, as the old versions filled it in."""
    if "selector" in spec:
        return
    labels = spec.get("template", {}).get("metadata", {}).get("labels")
    if not labels:
        yield Change(spec.line, "spec.selector is needed, and the pods have no labels: give both")
        return
    spec["selector"] = {"matchLabels": dict(labels)}
    chosen = ", ".join(f"{key}={value}" for key, value in labels.items())
    yield Change(spec.line, f"spec.selector is needed now: the labels of its pods, {chosen}")


def _ingress(object: Located) -> Iterator[Change]:
    spec = _spec(object)
    if backend := spec.pop("backend", None):
        spec["defaultBackend"] = _backend(backend)
        yield Change(backend.line, "spec.backend is now defaultBackend, in its new form")
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            path.setdefault("pathType", "ImplementationSpecific")
            if backend := path.get("backend"):
                path["backend"] = _backend(backend)
                yield Change(path.line, "backend is in its new form, with the old pathType")


def _backend(old: Mapping[str, Any]) -> dict[str, Any]:
    port = old.get("servicePort")
    number = "number" if isinstance(port, int) else "name"
    return {"service": {"name": old.get("serviceName"), "port": {number: port}}}


def _spec(object: Located) -> Located:
    """What is there, or an empty one that is put there."""
    if not isinstance(object.get("spec"), Located):
        object["spec"] = Located()
        object["spec"].line = object.line
    spec: Located = object["spec"]
    return spec

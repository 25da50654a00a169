"""A cluster as its administrator changes it: over HTTP, on any API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

Object = dict[str, Any]

KINDS: Mapping[str, tuple[str, str]] = {
    "endpointslices": ("discovery.k8s.io/v1", "EndpointSlice"),
    "endpoints": ("v1", "Endpoints"),
    "services": ("v1", "Service"),
    "configmaps": ("v1", "ConfigMap"),
    "secrets": ("v1", "Secret"),
    "pods": ("v1", "Pod"),
    "nodes": ("v1", "Node"),
    "namespaces": ("v1", "Namespace"),
    "serviceaccounts": ("v1", "ServiceAccount"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "deployments": ("apps/v1", "Deployment"),
    "statefulsets": ("apps/v1", "StatefulSet"),
    "networkpolicies": ("networking.k8s.io/v1", "NetworkPolicy"),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget"),
    "roles": ("rbac.authorization.k8s.io/v1", "Role"),
    "rolebindings": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "clusterroles": ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    "clusterrolebindings": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "ingresses": ("networking.k8s.io/v1", "Ingress"),
    "jobs": ("batch/v1", "Job"),
    "customresourcedefinitions": ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    "dtabs": ("l5d.io/v1alpha1", "DTab"),
}
"""By plural: version of the API, and kind."""
_PLURALS = {kind: plural for plural, (_, kind) in KINDS.items()}


def group_of(plural: str) -> str:
    """``/api/v1`` or ``/apis/<group>/<version>``"""
    api, _ = KINDS[plural]
    return f"/apis/{api}" if "/" in api else f"/api/{api}"


def url(plural: str, namespace: str = "", name: str = "") -> str:
    """Of one object, or of all of them. Without a namespace: of all, or of what is in none."""
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{group_of(plural)}{within}/{plural}" + (f"/{name}" if name else "")


class Cluster:
    """Raises httpx.HTTPStatusError when the server refuses."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def apply(self, object: Object, *, dry_run: bool = False) -> Object:
        """Create or replace it, as ``kubectl apply --server-side`` does; what became of it."""
        metadata = object["metadata"]
        place = url(_PLURALS[object["kind"]], metadata.get("namespace", ""), metadata["name"])
        query = {"fieldManager": "clew", "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        answer = self.client.patch(
            place,
            json=object,  # JSON is YAML
            headers={"content-type": "application/apply-patch+yaml"},
            params=query,
        )
        return _checked(answer)

    def put(self, plural: str, namespace: str, name: str, **fields: Any) -> Object:
        """Create or replace an object."""
        api, kind = KINDS[plural]
        metadata = {"name": name, "namespace": namespace, **fields.pop("metadata", {})}
        return self.apply({"apiVersion": api, "kind": kind, "metadata": metadata, **fields})

    def delete(self, plural: str, namespace: str, name: str) -> None:
        _checked(self.client.delete(url(plural, namespace, name)))


def _checked(answer: httpx.Response) -> Object:
    if answer.is_error:
        raise httpx.HTTPStatusError(
            f"{answer.status_code}: {answer.text}", request=answer.request, response=answer
        )
    read: Object = answer.json()
    return read

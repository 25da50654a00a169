"""What clew asks a real API server for beside services: one ConfigMap by name, and Ingresses."""

from __future__ import annotations

import httpx
from tests.mesh.namers.k8s.cluster import url

from clew.mesh.namers.k8s.ingresses import Ingress, rules_of
from clew.mesh.namers.k8s.lookups import Kind
from clew.mesh.namers.k8s.messages import SOURCES, read_page
from clew.mesh.naming.ingress import Match, Rule
from clew.mesh.naming.path import Path
from e2e.kube_apiserver.running import KubeApiServer

RBAC = "rbac.authorization.k8s.io"


def test_a_right_to_one_config_map_covers_its_list_and_watch(kubernetes: KubeApiServer) -> None:
    kubernetes.put("namespaces", "", "one-right")
    for name in ("dtabs", "other"):
        kubernetes.put("configmaps", "one-right", name, data={"main": "/svc => /a"})
    kubernetes.put("serviceaccounts", "one-right", "mesh")
    rule = {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["dtabs"],
        "verbs": ["list", "watch"],
    }
    kubernetes.put("roles", "one-right", "mesh", rules=[rule])
    kubernetes.put(
        "rolebindings",
        "one-right",
        "mesh",
        roleRef={"apiGroup": RBAC, "kind": "Role", "name": "mesh"},
        subjects=[{"kind": "ServiceAccount", "name": "mesh", "namespace": "one-right"}],
    )
    place = url("configmaps", "one-right")
    with kubernetes.as_user(kubernetes.token("one-right", "mesh")) as client:

        def status(name: str, **query: str) -> int:
            selected = {"fieldSelector": f"metadata.name={name}", **query}
            return client.get(place, params=selected).status_code

        watch = {"watch": "true", "timeoutSeconds": "1"}
        assert [status("dtabs"), status("dtabs", **watch)] == [httpx.codes.OK] * 2
        assert [status("other"), status("other", **watch)] == [httpx.codes.FORBIDDEN] * 2


def test_ingresses_are_read_as_they_are_kept(kubernetes: KubeApiServer) -> None:
    kubernetes.put("namespaces", "", "ingresses")
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    paths = [{"path": "/api.*", "pathType": "ImplementationSpecific", "backend": backend}]
    spec = {
        "ingressClassName": "linkerd",
        "rules": [{"host": "*.example.com", "http": {"paths": paths}}, {"host": "a.example.com"}],
        "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
    }
    kubernetes.put("ingresses", "ingresses", "main", spec=spec)
    (source,) = SOURCES[Kind.INGRESSES]
    body = kubernetes.client.get(url("ingresses")).content
    (item,) = read_page(body, source).items
    assert item.name == "ingresses/main"
    assert isinstance(item.value, Ingress)
    assert rules_of([item.value], "linkerd", defaults=True).rules == (
        Rule("*.example.com", Match.PATTERN, "/api.*", Path.of("ingresses", "http", "web")),
        Rule("", Match.PATTERN, "", Path.of("ingresses", "80", "web")),
    )

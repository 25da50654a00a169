"""Manifests for a linker file of one's own."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from clew.install.options import InstallError, Options
from clew.install.render import render

ADMIN = "admin: {ip: 0.0.0.0, port: 9990, shutdownGraceMs: 90000}"
PLAIN = f"""\
{ADMIN}
namers:
- kind: io.l5d.k8s
routers:
- protocol: http
  label: edge
  identifier: {{kind: io.l5d.ingress}}
  dtab: /svc => /#/io.l5d.k8s/prod
  servers:
  - {{port: 80, ip: 0.0.0.0}}
  - {{port: 8080, ip: 0.0.0.0}}
  - {{port: 8081}}
- protocol: h2
  label: 4142
  interpreter:
    kind: default
    transformers: [{{kind: io.l5d.k8s.localnode}}]
  servers:
  - {{port: 4142, ip: 0.0.0.0}}
"""
EDGE = PLAIN.replace(
    "kind: default",
    "kind: io.l5d.k8s.configMap\n    namespace: own\n    name: dtabs\n    filename: main.dtab",
)


def objects(config: str = EDGE, part: str = "mesh", **more: Any) -> list[dict[str, Any]]:
    options = Options(namespace="own", config=config, **more)
    return [each for each in yaml.safe_load_all(render(part, options)) if each]


def by_kind(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [each for each in objects(**more) if each["kind"] == kind]


def test_kubernetes_knows_every_field() -> None:
    for part in ("mesh", "check"):
        for each in objects(part=part):
            kubernetes_validate.validate(each, "1.37", strict=True)


def test_the_file_is_passed_on_as_it_is() -> None:
    (config,) = by_kind("ConfigMap")
    assert config["data"] == {"config.yaml": EDGE}


def test_ports_are_those_that_others_reach() -> None:
    (daemon_set,) = by_kind("DaemonSet")
    spec = daemon_set["spec"]["template"]["spec"]
    assert spec["containers"][0]["ports"] == [
        {"name": "edge", "containerPort": 80, "hostPort": 80},
        {"name": "edge-2", "containerPort": 8080, "hostPort": 8080},
        {"name": "http-4142", "containerPort": 4142},
        {"name": "admin", "containerPort": 9990},
    ]
    (service,) = by_kind("Service")
    assert [each["port"] for each in service["spec"]["ports"]] == [80, 8080, 4142, 9990]
    (policy,) = by_kind("NetworkPolicy")
    assert policy["spec"]["ingress"][0] == {"ports": [{"port": 80}, {"port": 8080}, {"port": 4142}]}


def test_a_port_below_1024_needs_no_root() -> None:
    (daemon_set,) = by_kind("DaemonSet")
    security = daemon_set["spec"]["template"]["spec"]["securityContext"]
    assert security["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    assert security["runAsNonRoot"]
    (on_host,) = by_kind("DaemonSet", host_network=True)
    assert "sysctls" not in on_host["spec"]["template"]["spec"]["securityContext"]


def test_there_is_time_for_the_grace_of_the_file() -> None:
    (daemon_set,) = by_kind("DaemonSet")
    assert daemon_set["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 95


@pytest.mark.parametrize(
    ("config", "roles"),
    [
        (
            PLAIN,
            [
                ("Role", "prod", "l5d-own", ["endpointslices", "services"]),
                ("ClusterRole", None, "l5d-own", ["ingresses"]),
            ],
        ),
        (
            PLAIN.replace("io.l5d.ingress", "io.l5d.ingress, namespace: own"),
            [
                ("Role", "prod", "l5d-own", ["endpointslices", "services"]),
                ("Role", "own", "l5d", ["ingresses"]),
            ],
        ),
        # a dtab that is kept elsewhere may lead to any namespace
        (
            EDGE,
            [
                ("ClusterRole", None, "l5d-own", ["endpointslices", "services", "ingresses"]),
                ("Role", "own", "l5d", ["configmaps"]),
            ],
        ),
    ],
)
def test_rights_are_those_that_the_file_needs_where_it_needs_them(
    config: str, roles: list[tuple[str, str | None, str, list[str]]]
) -> None:
    assert roles == [
        (
            each["kind"],
            each["metadata"].get("namespace"),
            each["metadata"]["name"],
            [resource for rule in each["rules"] for resource in rule["resources"]],
        )
        for each in objects(config)
        if each["kind"].endswith("Role")
    ]


def test_one_object_is_named() -> None:
    (role,) = by_kind("Role")
    assert role["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["dtabs"],
            "verbs": ["list", "watch"],
        }
    ]


def test_accounts_are_bound_to_their_roles() -> None:
    bindings = [each for each in objects() if each["kind"].endswith("Binding")]
    assert [(each["kind"], each["roleRef"]["kind"]) for each in bindings] == [
        ("ClusterRoleBinding", "ClusterRole"),
        ("RoleBinding", "Role"),
    ]
    for each in bindings:
        assert each["subjects"] == [{"kind": "ServiceAccount", "name": "l5d", "namespace": "own"}]


def test_a_file_that_asks_nobody_gets_no_rights() -> None:
    config = f"{ADMIN}\nrouters: [{{protocol: http, servers: [{{port: 4140, ip: 0.0.0.0}}]}}]"
    kinds = [each["kind"] for each in objects(config)]
    assert kinds == [
        "Namespace",
        "ServiceAccount",
        "ConfigMap",
        "Service",
        "DaemonSet",
        "NetworkPolicy",
    ]


def test_an_admin_port_with_tls_is_probed_by_tls() -> None:
    tls = ADMIN.replace("}", ", tls: {certPath: c.pem, keyPath: k.pem}}")
    (daemon_set,) = by_kind("DaemonSet", config=EDGE.replace(ADMIN, tls))
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_the_check_looks_at_the_same_file() -> None:
    (job,) = by_kind("Job", part="check")
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["args"] == ["check", "/etc/clew/config.yaml"]
    assert spec["volumes"] == [{"name": "config", "configMap": {"name": "l5d-config"}}]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "ip: 0.0.0.0, port: 9990",
            "port: 9990",
            "--config: admin.ip: 127.0.0.1 answers to nobody",
        ),
        ("port: 4142,", "port: 0,", "--config: a port is 0"),
        (
            "ip: 0.0.0.0, port: 9990",
            "ip: 0.0.0.0, port: 9990, tls: {certPath: c, keyPath: k, requireClientAuth: true}",
            "Kubernetes has no certificate, so the pod would never be ready",
        ),
    ],
)
def test_files_that_no_pod_can_run(old: str, new: str, said: str) -> None:
    with pytest.raises(InstallError, match=said):
        objects(EDGE.replace(old, new))

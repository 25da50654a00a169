"""The mesh: one on every node, with the right to see what its linker file needs and no more."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence

from clew.install.objects import (
    Object,
    from_field,
    network_policy,
    new,
    pod,
    resources,
    selector,
    service,
)
from clew.install.options import TLS, Options
from clew.install.ports import ADMIN, MeshPort, mesh_ports
from clew.install.rights import roles
from clew.mesh.config.authority import SECRET, SecretAuthority
from clew.mesh.config.certificates import used_authority
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.namers.k8s.rights import rights

NAME = "l5d"
CONFIG = "/etc/clew/config.yaml"
"""The linker file, in the pod."""
VARIABLES = {
    "NODE_NAME": "spec.nodeName",
    "POD_IP": "status.podIP",
    "POD_NAMESPACE": "metadata.namespace",
}
"""Of the mesh's environment: which fields of the pod they hold."""
GRACE_SECONDS = 10
"""For requests under way when the mesh ends, unless a linker file says another."""
FIRST_UNPRIVILEGED = 1024
"""Ports below it are for root alone, unless the pod's network says another."""
_LOW_PORTS: Object = {
    "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
}
PRE_STOP_SECONDS = 5
"""Until others have heard that the mesh is going, so that no new requests come."""

_LINKER = """\
admin:
  ip: 0.0.0.0
  port: {admin}
  shutdownGraceMs: {grace}

namers:
- kind: io.l5d.k8s{authority}

telemetry:
- kind: io.l5d.prometheus
- kind: io.l5d.zipkin
  host: {collector}
  port: {collector_port}
  sampleRate: {sample_rate}

routers:
- protocol: http
  label: outgoing
  dtab: |
{dtab}
  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.k8s.daemonset
      namespace: {namespace}
      port: incoming
      service: {name}{host_network}
  servers:
  - port: {outgoing}
    ip: 0.0.0.0{client_tls}
  service:
    responseClassifier:
      kind: io.l5d.http.retryableRead5XX

- protocol: http
  label: incoming
  dtab: |
{dtab}
  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.k8s.localnode{host_network}
  servers:
  - port: {incoming}
    ip: 0.0.0.0{server_tls}
"""
_AUTHORITY = """
authority:
  kind: io.clew.k8s
  namespace: {namespace}"""
_CLIENT_TLS = """
  client:
    {client}"""
_SERVER_TLS = """
    tls:
      kind: auto
      {server}"""
_DTAB = """\
/srv        => /#/io.l5d.k8s/{namespace}/http;
/host       => /srv;
/svc        => /host;
/host/world => /srv/world-v1;"""


def mesh(options: Options) -> list[Object]:
    """In the order in which they are needed. Raises ConfigError, InstallError."""
    text = linker(options)
    read = read_linker(text, "--config")
    ports = mesh_ports(read)
    objects = [
        new("v1", "ServiceAccount", NAME, options),
        *_authority(options, read),
        *roles(NAME, options, rights(read, options.namespace)),
        new("v1", "ConfigMap", f"{NAME}-config", options, data={"config.yaml": text}),
        service(
            NAME,
            options,
            [{"name": each.name, "port": each.number} for each in ports],
            type=options.service_type,
        ),
        _daemon_set(options, read, ports),
    ]
    if not options.host_network:
        anyone = [{"port": each.number} for each in ports if each.name != ADMIN]
        near: list[Object] = [{"podSelector": {}}]
        admin = {"from": near, "ports": [{"port": read.admin.port}]}
        rules = [*([{"ports": anyone}] if anyone else []), admin]
        objects.append(network_policy(NAME, options, ingress=rules))
    return objects


def left_to_nodes(options: Options) -> Sequence[int]:
    """Ports that the mesh may take only where its nodes allow that to others than root."""
    ports = mesh_ports(read_linker(linker(options), "--config")) if options.host_network else ()
    return [each.number for each in ports if each.number < FIRST_UNPRIVILEGED]


def config_volume() -> Object:
    """The volume of the linker file."""
    return {"name": "config", "configMap": {"name": f"{NAME}-config"}}


def config_mount() -> Object:
    """Where it is in a pod."""
    return {"name": "config", "mountPath": CONFIG.rpartition("/")[0], "readOnly": True}


def linker(options: Options) -> str:
    """The linker file."""
    if options.config:
        return options.config
    host, port = options.collector_place
    server, client = TLS.get(options.tls, ("", ""))
    return _LINKER.format(
        name=NAME,
        namespace=options.namespace,
        admin=options.admin_port,
        outgoing=options.outgoing_port,
        incoming=options.incoming_port,
        grace=GRACE_SECONDS * 1000,
        collector=host,
        collector_port=port,
        sample_rate=options.sample_rate,
        dtab=textwrap.indent(_DTAB.format(namespace=options.namespace), "    "),
        authority=_AUTHORITY.format(namespace=options.namespace) if options.tls else "",
        client_tls=_CLIENT_TLS.format(client=client) if options.tls else "",
        server_tls=_SERVER_TLS.format(server=server) if options.tls else "",
        host_network="\n      hostNetwork: true" if options.host_network else "",
    )


def _authority(options: Options, linker: Linker) -> list[Object]:
    """An empty Secret, which the first mesh fills. Applied again, it keeps what is in it."""
    authority = used_authority(linker)
    if not isinstance(authority, SecretAuthority):
        return []
    there = dataclasses.replace(options, namespace=authority.namespace)
    return [new("v1", "Secret", SECRET, there, type="Opaque")]


def _daemon_set(options: Options, linker: Linker, ports: Sequence[MeshPort]) -> Object:
    scheme: Object = {} if linker.admin.tls is None else {"scheme": "HTTPS"}
    ready, alive = (
        {"httpGet": {"path": path, "port": ADMIN, **scheme}, "timeoutSeconds": 5}
        for path in ("/admin/ping", "/admin/ping?alive")
    )
    container: Object = {
        "image": options.image,
        "args": ["mesh", CONFIG],
        "env": [from_field(name, field) for name, field in VARIABLES.items()],
        "ports": [_port(each, options) for each in ports],
        "startupProbe": {**alive, "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {**ready, "periodSeconds": 5},
        "livenessProbe": {**alive, "periodSeconds": 10, "failureThreshold": 6},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(PRE_STOP_SECONDS)]}}},
        "resources": resources("100m", "192Mi", "512Mi"),
        "volumeMounts": [
            config_mount(),
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    network = (
        {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
        if options.host_network
        else {}
    )
    privileged = any(each.number < FIRST_UNPRIVILEGED for each in ports)
    template = pod(
        NAME,
        container,
        _LOW_PORTS if privileged and not options.host_network else {},
        serviceAccountName=NAME,
        **network,
        terminationGracePeriodSeconds=PRE_STOP_SECONDS + _grace_seconds(linker) + 15,
        volumes=[
            config_volume(),
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        ],
    )
    spec = {
        "selector": selector(NAME),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": template,
    }
    return new("apps/v1", "DaemonSet", NAME, options, spec=spec)


def _grace_seconds(linker: Linker) -> int:
    return -(-linker.admin.shutdown_grace_ms // 1000)


def _port(port: MeshPort, options: Options) -> Object:
    on_host: Object = {"hostPort": port.number} if port.on_host or options.host_network else {}
    return {"name": port.name, "containerPort": port.number, **on_host}

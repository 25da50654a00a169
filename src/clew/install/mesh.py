"""The mesh: one on every node, with the right to see endpoints and nothing else."""

from __future__ import annotations

import textwrap

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
from clew.install.options import Options

NAME = "l5d"
GRACE_SECONDS = 10
"""For requests under way when the mesh ends."""
PRE_STOP_SECONDS = 5
"""Until others have heard that the mesh is going, so that no new requests come."""

_LINKER = """\
admin:
  ip: 0.0.0.0
  port: {admin}
  shutdownGraceMs: {grace}

namers:
- kind: io.l5d.k8s

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
    ip: 0.0.0.0
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
    ip: 0.0.0.0
"""
_DTAB = """\
/srv        => /#/io.l5d.k8s/{namespace}/http;
/host       => /srv;
/svc        => /host;
/host/world => /srv/world-v1;"""


def mesh(options: Options) -> list[Object]:
    """In the order in which they are needed."""
    ports = {
        "outgoing": options.outgoing_port,
        "incoming": options.incoming_port,
        "admin": options.admin_port,
    }
    objects = [
        new("v1", "ServiceAccount", NAME, options),
        *_rights(options),
        new("v1", "ConfigMap", f"{NAME}-config", options, data={"config.yaml": linker(options)}),
        service(
            NAME,
            options,
            [{"name": name, "port": port} for name, port in ports.items()],
            type=options.service_type,
        ),
        _daemon_set(options),
    ]
    if not options.host_network:
        anyone = [{"port": options.outgoing_port}, {"port": options.incoming_port}]
        near: list[Object] = [{"podSelector": {}}]
        rules = [{"ports": anyone}, {"from": near, "ports": [{"port": options.admin_port}]}]
        objects.append(network_policy(NAME, options, ingress=rules))
    return objects


def linker(options: Options) -> str:
    """The linker file."""
    host, port = options.collector_place
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
        host_network="\n      hostNetwork: true" if options.host_network else "",
    )


def _rights(options: Options) -> list[Object]:
    """To see the endpoints of one namespace; Services are for ports asked for by number."""
    watch = ["list", "watch"]
    rules = [
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": watch},
        {"apiGroups": [""], "resources": ["services"], "verbs": watch},
    ]
    group = "rbac.authorization.k8s.io"
    return [
        new(f"{group}/v1", "Role", NAME, options, rules=rules),
        new(
            f"{group}/v1",
            "RoleBinding",
            NAME,
            options,
            roleRef={"apiGroup": group, "kind": "Role", "name": NAME},
            subjects=[{"kind": "ServiceAccount", "name": NAME, "namespace": options.namespace}],
        ),
    ]


def _daemon_set(options: Options) -> Object:
    ping = {"httpGet": {"path": "/admin/ping", "port": "admin"}, "timeoutSeconds": 5}
    container: Object = {
        "image": options.image,
        "args": ["mesh", "/etc/clew/config.yaml"],
        "env": [
            from_field("NODE_NAME", "spec.nodeName"),
            from_field("POD_IP", "status.podIP"),
            from_field("POD_NAMESPACE", "metadata.namespace"),
        ],
        "ports": [
            _port("outgoing", options.outgoing_port, on_host=True),
            _port("incoming", options.incoming_port, on_host=options.host_network),
            _port("admin", options.admin_port, on_host=options.host_network),
        ],
        "startupProbe": {**ping, "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {**ping, "periodSeconds": 5},
        "livenessProbe": {**ping, "periodSeconds": 10, "failureThreshold": 6},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(PRE_STOP_SECONDS)]}}},
        "resources": resources("100m", "192Mi", "512Mi"),
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/clew", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    network = (
        {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
        if options.host_network
        else {}
    )
    template = pod(
        NAME,
        container,
        serviceAccountName=NAME,
        **network,
        terminationGracePeriodSeconds=PRE_STOP_SECONDS + GRACE_SECONDS + 15,
        volumes=[
            {"name": "config", "configMap": {"name": f"{NAME}-config"}},
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        ],
    )
    spec = {
        "selector": selector(NAME),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": template,
    }
    return new("apps/v1", "DaemonSet", NAME, options, spec=spec)


def _port(name: str, number: int, on_host: bool) -> Object:
    port: Object = {"name": name, "containerPort": number}
    return port | {"hostPort": number} if on_host else port

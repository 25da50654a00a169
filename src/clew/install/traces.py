"""The trace server: one, on a volume of its own, that reaches nobody."""

from __future__ import annotations

from clew.install.objects import (
    Object,
    disruption_budget,
    network_policy,
    new,
    pod,
    resources,
    selector,
    service,
)
from clew.install.options import Options

NAME = "zipkin"
COLLECTOR = "zipkin-collector"
PORT = 9411


def traces(options: Options) -> list[Object]:
    """In the order in which they are needed."""
    collector = {"name": "http", "port": PORT, "targetPort": "http"}
    pages = {"name": "http", "port": 80, "targetPort": "http"}
    return [
        service(COLLECTOR, options, [collector], app=NAME),
        service(NAME, options, [pages], type=options.service_type),
        _stateful_set(options),
        disruption_budget(NAME, options),
        network_policy(NAME, options, ingress=[{"ports": [{"port": PORT}]}], egress=[]),
    ]


def _stateful_set(options: Options) -> Object:
    # a full disk, or a store that is away, is not mended by a restart
    ready, alive = (
        {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}
        for path in ("/health", "/info")
    )
    container: Object = {
        "image": options.image,
        "args": [
            "traces",
            "--host=0.0.0.0",
            f"--port={PORT}",
            "--store=/data/traces",
            f"--max-disk={options.max_disk}",
        ],
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": {**alive, "periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": {**ready, "periodSeconds": 5},
        "livenessProbe": {**alive, "periodSeconds": 10, "failureThreshold": 6},
        "resources": resources("250m", "512Mi", "2Gi"),
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    template = pod(
        NAME,
        container,
        automountServiceAccountToken=False,
        terminationGracePeriodSeconds=60,
        volumes=[{"name": "tmp", "emptyDir": {}}],
    )
    volume: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": options.storage}},
    }
    if options.storage_class:
        volume["storageClassName"] = options.storage_class
    spec = {
        "serviceName": COLLECTOR,
        "replicas": 1,
        "selector": selector(NAME),
        "template": template,
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": volume}],
    }
    return new("apps/v1", "StatefulSet", NAME, options, spec=spec)

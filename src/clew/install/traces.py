"""The trace server: one, on a volume of its own, that reaches nobody; or two on a ClickHouse."""

from __future__ import annotations

from typing import Any

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
        _deployment(options) if options.store else _stateful_set(options),
        disruption_budget(NAME, options),
        network_policy(
            NAME,
            options,
            ingress=[{"ports": [{"port": PORT}]}],
            egress=[_TO_THE_SERVER] if options.store else [],
        ),
    ]


_TO_THE_SERVER: Object = {
    # any port: these are of pods, and a Service may have another than its pods
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP"}]
}


def _container(options: Options, *arguments: str, **fields: Any) -> Object:
    # a full disk, or a store that is away, is not mended by a restart; and while a server is away
    # spans are taken, into the log: the pod has to stay where it is reached
    ready, alive = (
        {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}
        for path in ("/info" if options.store else "/health", "/info")
    )
    return {
        "image": options.image,
        "args": ["traces", "--host=0.0.0.0", f"--port={PORT}", *arguments],
        **fields,
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


def _pod(container: Object, *volumes: str) -> Object:
    return pod(
        NAME,
        container,
        automountServiceAccountToken=False,
        terminationGracePeriodSeconds=60,
        volumes=[{"name": name, "emptyDir": {}} for name in volumes],
    )


def _stateful_set(options: Options) -> Object:
    container = _container(options, "--store=/data/traces", f"--max-disk={options.max_disk}")
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
        "template": _pod(container, "tmp"),
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": volume}],
    }
    return new("apps/v1", "StatefulSet", NAME, options, spec=spec)


def _deployment(options: Options) -> Object:
    password = {"name": options.store_secret, "key": "password", "optional": True}
    container = _container(
        options,
        f"--store={options.store}",
        "--spool=/data/spool",
        env=[{"name": "CLICKHOUSE_PASSWORD", "valueFrom": {"secretKeyRef": password}}],
    )
    spec = {
        "replicas": 2,
        "selector": selector(NAME),
        "template": _pod(container, "data", "tmp"),
    }
    return new("apps/v1", "Deployment", NAME, options, spec=spec)

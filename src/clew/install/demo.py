"""The sample apps: hello, which asks the mesh of its node for world."""

from __future__ import annotations

from collections.abc import Sequence

from clew.install import mesh
from clew.install.objects import (
    Object,
    disruption_budget,
    from_field,
    network_policy,
    new,
    pod,
    resources,
    selector,
    service,
)
from clew.install.options import Options


def demo(options: Options) -> list[Object]:
    """There is no Service ``world``: only the mesh knows that it is world-v1."""
    proxy = f"$(HOST_IP):{options.outgoing_port}"
    # the address of the node, whatever its name resolves to
    through_mesh = [
        from_field("HOST_IP", "status.hostIP"),
        {"name": "http_proxy", "value": proxy},
    ]
    hello = ["-addr=:7777", "-text=Hello", "-target=world"]
    world = [{"name": "TARGET_WORLD", "value": "world"}]
    return [
        *_app("hello", 7777, hello, through_mesh, options),
        *_app("world-v1", 7778, ["-addr=:7778"], world, options),
    ]


def _app(
    name: str, port: int, flags: Sequence[str], env: Sequence[Object], options: Options
) -> list[Object]:
    container: Object = {
        "image": options.image,
        "args": ["helloworld", *flags],
        "env": [from_field("POD_IP", "status.podIP"), *env],
        "ports": [{"name": "http", "containerPort": port}],
        # a GET would call world
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 5},
        "resources": resources("20m", "48Mi", "128Mi"),
    }
    template = pod(name, container, automountServiceAccountToken=False)
    spec = {"replicas": 3, "selector": selector(name), "template": template}
    objects = [
        service(name, options, [{"name": "http", "port": port}], type=None),
        new("apps/v1", "Deployment", name, options, spec=spec),
        disruption_budget(name, options),
    ]
    if not options.host_network:
        only_mesh = [{"from": [{"podSelector": selector(mesh.NAME)}], "ports": [{"port": port}]}]
        objects.append(network_policy(name, options, ingress=only_mesh))
    return objects

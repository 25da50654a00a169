"""Where the mesh and the pages are reached, with the line to type. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clew.check.finding import Finding, ok, problem, warning
from clew.check.objects import Node
from clew.install import mesh, traces
from clew.install.options import Options
from clew.mesh.namers.k8s.api_object import Port, Service
from clew.mesh.naming.bound import Address

MESH_PORT, PAGES_PORT = "outgoing", "http"


def findings(
    services: Sequence[Service], nodes: Sequence[Node], namespace: str
) -> Iterator[Finding]:
    """Of the Services that ``clew install`` and the blog post's manifests make."""
    by_name = {each.metadata.name: each for each in services}
    for name, port_name in ((mesh.NAME, MESH_PORT), (traces.NAME, PAGES_PORT)):
        service = by_name.get(name)
        ports = service.spec.ports or () if service else ()
        # a single port may have no name
        port = next((each for each in ports if each.name == port_name or len(ports) == 1), None)
        if service is None or port is None or port.port is None:
            yield warning(
                "address",
                f"there is no Service {name} with a port {port_name}",
                f"clew install {'mesh' if name == mesh.NAME else 'traces'}"
                f"{in_namespace(namespace)} | kubectl apply -f -",
            )
        else:
            yield _finding(service, port, port.port, nodes, namespace)


def in_namespace(namespace: str) -> str:
    """What ``clew install`` is told of it."""
    return "" if namespace == Options().namespace else f" --namespace {namespace}"


def _finding(
    service: Service, port: Port, number: int, nodes: Sequence[Node], namespace: str
) -> Finding:
    """``number`` is that of the port."""
    name = service.metadata.name
    local = 9411 if number == 80 else number
    forward = f"kubectl port-forward -n {namespace} service/{name} {local}:{number}"
    match service.spec.type:
        case "LoadBalancer":
            for each in service.status.load_balancer.ingress or ():
                if host := each.ip or each.hostname:
                    seen = f"{name} is at {_at(host, number)} (LoadBalancer)"
                    return ok("address", seen, _line(name, host, number))
            otherwise = _node_line(name, port, nodes) or f"{forward} & {_line(name, '', local)}"
            return warning(
                "address",
                f"{name} is a LoadBalancer without an address",
                f"wait for it (on minikube: minikube tunnel), or: {otherwise}",
            )
        case "NodePort":
            if line := _node_line(name, port, nodes):
                seen = f"{name} is at port {port.node_port} of every node (NodePort)"
                return ok("address", seen, line)
            if port.node_port:
                seen = f"{name} is at port {port.node_port} of every node, whose addresses are not"
                return warning("address", f"{seen} known", "kubectl get nodes -o wide")
            return problem("address", f"{name} is a NodePort without a port", "apply it again")
        case _:
            seen = f"{name} is reached from within the cluster only"
            return ok("address", seen, f"{forward} & {_line(name, '', local)}")


def _node_line(name: str, port: Port, nodes: Sequence[Node]) -> str:
    """Empty when no node is known."""
    for type in ("ExternalIP", "InternalIP"):
        for node in nodes:
            for address in node.addresses(type):
                if port.node_port:
                    return _line(name, address, port.node_port)
    return ""


def _line(name: str, host: str, port: int) -> str:
    at = _at(host or "localhost", port)
    return (
        f"http_proxy=http://{at} curl -s http://hello" if name == mesh.NAME else f"open http://{at}"
    )


def _at(host: str, port: int) -> str:
    return str(Address(host, port)).removesuffix(":80")

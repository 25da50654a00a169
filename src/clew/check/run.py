"""Looks at a cluster, from a laptop or from within, and asks a trace server."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from clew.check import (
    addresses,
    clock,
    dns,
    host_ports,
    network,
    node_names,
    pods,
    rights,
    signs,
    traces,
)
from clew.check.cluster import Cluster, ClusterAway, NotAllowed, connected
from clew.check.finding import Finding, ok, problem, warning
from clew.check.objects import Node, Pod
from clew.errors import ClewError
from clew.install import mesh
from clew.install.options import Options
from clew.mesh.config.linker import read_linker
from clew.mesh.namers.k8s.access import ACCOUNT, find_access
from clew.mesh.namers.k8s.api_object import EndpointSlice, Service
from clew.mesh.namers.k8s.rights import Right
from clew.mesh.namers.k8s.rights import rights as needed_rights
from clew.mesh.naming.bound import Address

HOST, PROXY_PORT = "localhost", 8001
"""Where ``kubectl proxy`` listens: it is preferred, as by the mesh."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Here:
    """Where the check runs."""

    environment: Mapping[str, str]
    namespace: str
    """Of the mesh."""
    traces: str = ""
    """Base URL of the trace server; empty to leave traces alone."""
    outgoing_port: int = Options().outgoing_port
    """Of the mesh on every node; asked for in a pod that may not list others."""
    app: str = mesh.NAME
    """Whose rights are looked at, by the label of its pods; its account is called so too."""
    needed: Sequence[Right] = ()
    """Its rights; without any those of the mesh that ``clew install`` prints."""
    account: Path = ACCOUNT
    resolv_conf: Path = network.RESOLV_CONF
    proxy_port: int = PROXY_PORT

    @property
    def in_pod(self) -> bool:
        """As Kubernetes tells its pods."""
        return "KUBERNETES_SERVICE_HOST" in self.environment


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API server said that is of use for other questions; empty for what it did not."""

    nodes: Sequence[Node] = ()
    pods: Sequence[Pod] = ()


def cluster(here: Here) -> Iterator[Finding]:
    """What the API server says, and in a pod what names and ports say; some take seconds."""
    seen = yield from _cluster(here)
    if here.in_pod:
        yield from _names(here)
        yield _node_names(here, seen.nodes)
    elif seen.nodes:
        yield node_names.not_from_here()
    yield from node_names.of_pods(seen.pods)
    yield from _host_ports(here, seen.pods)


def traces_of(here: Here) -> Iterator[Finding]:
    """What the traces of the last hour say, where a trace server is named."""
    if not here.traces:
        return
    try:
        yield from signs.findings(traces.recent(here.traces))
    except traces.TracesAway as error:
        forward = "kubectl port-forward service/zipkin 9411:80, and --traces http://localhost:9411"
        yield _failed("traces", error, forward)


def _cluster(here: Here) -> Generator[Finding, None, Seen]:
    try:
        access = find_access(HOST, here.proxy_port, here.environment, here.account)
        with connected(access) as cluster:
            try:
                greeting = cluster.greet()
            except ClusterAway:
                if access.url == f"http://{HOST}:{here.proxy_port}":
                    yield _no_cluster(here)
                    return Seen()
                raise
            yield ok("cluster", f"Kubernetes {greeting.version} answers at {access.url}")
            yield clock.finding(greeting.date, greeting.before, greeting.after)
            return (yield from _objects(cluster, here))
    except (ClewError, OSError) as error:
        yield _failed("cluster", error, "see whether this answers: kubectl version")
    return Seen()


def _no_cluster(here: Here) -> Finding:
    if here.in_pod:
        return problem(
            "cluster",
            f"this pod has no account to ask Kubernetes with: no {here.account / 'token'}",
            "leave out automountServiceAccountToken: false, and name its serviceAccountName",
        )
    return warning(
        "cluster",
        "there is no cluster to be seen from here: no kubectl proxy, no pod, no kubeconfig",
        "kubectl cluster-info says where kubectl looks; KUBECONFIG names a file",
    )


def _objects(cluster: Cluster, here: Here) -> Generator[Finding, None, Seen]:
    within = f"/namespaces/{here.namespace}"
    nodes = yield from _listed(cluster, here, "/api/v1/nodes", Node)
    found = yield from _listed(cluster, here, f"/api/v1{within}/pods", Pod)
    yield from _rights(cluster, here, found or ())
    services = yield from _listed(cluster, here, f"/api/v1{within}/services", Service)
    slices = yield from _listed(
        cluster,
        here,
        f"/apis/discovery.k8s.io/v1/namespaces/{dns.NAMESPACE}/endpointslices",
        EndpointSlice,
        f"kubernetes.io/service-name={dns.SERVICE}",
    )
    if slices is not None:
        yield dns.of_servers(slices)
    if services is not None:
        yield from addresses.findings(services, nodes or (), here.namespace)
    yield from pods.findings(found or (), here.namespace)
    yield from pods.on_every_node(found or (), nodes or ())
    return Seen(nodes or (), found or ())


def _listed(
    cluster: Cluster, here: Here, path: str, of: type[T], labels: str = ""
) -> Generator[Finding, None, Sequence[T] | None]:
    """None where they may not be seen."""
    try:
        return cluster.list(path, of, labels)
    except NotAllowed as error:
        advice = (
            "clew check on your machine sees what follows from it"
            if here.in_pod
            else "who may see it, by the ClusterRole view or cluster-admin, is told what follows"
        )
        yield warning("cluster", error.message, error.hint or advice)
        return None


def _rights(cluster: Cluster, here: Here, found: Sequence[Pod]) -> Iterator[Finding]:
    """Of the mesh's account: the own one in a pod, and else by name where that may be asked."""
    needed = here.needed or _of_installed(here.namespace)
    if not here.in_pod:
        accounts = (each.spec.service_account_name for each in found if each.app == here.app)
        account = next(filter(None, accounts), here.app)
        user = rights.account(here.namespace, account)
        try:
            missing = {each: cluster.lacking(each, user) for each in needed}
        except NotAllowed:
            pass  # only administrators may ask about others
        else:
            yield from rights.findings(missing, f"the ServiceAccount {account}", _printed_by(here))
            return
    try:
        missing = {each: cluster.lacking(each) for each in needed}
    except NotAllowed as error:
        yield warning("rights", error.message, "kubectl auth can-i --list says them")
    else:
        other = "the mesh" if here.app == mesh.NAME else here.app
        who = "this pod" if here.in_pod else f"you, not {other},"
        yield from rights.findings(missing, who, _printed_by(here))


def _printed_by(here: Here) -> str:
    """The command that prints the rules that are needed; empty for none."""
    if here.app != mesh.NAME:
        return ""
    config = " --config FILE" if here.needed else ""
    return f"clew install mesh{config}{addresses.in_namespace(here.namespace)}"


def _of_installed(namespace: str) -> Sequence[Right]:
    """What the mesh needs that ``clew install`` prints."""
    linker = read_linker(mesh.linker(Options(namespace=namespace)), "clew install mesh")
    return needed_rights(linker, namespace)


def _names(here: Here) -> Iterator[Finding]:
    try:
        conf = dns.read_resolv_conf(here.resolv_conf.read_text())
    except OSError as error:
        yield _failed("dns", error, "a pod has this file unless its dnsPolicy is None")
        return
    yield from dns.of_resolv_conf(conf)
    yield dns.of_answer(*network.resolve(dns.ASKED, here.resolv_conf))


def _node_names(here: Here, nodes: Sequence[Node]) -> Finding:
    names = [each.metadata.name for each in nodes[: host_ports.MOST]]
    if not names and (own := here.environment.get("NODE_NAME")):
        names = [own]
    if not names:
        return node_names.nothing_known()
    answers = {name: network.resolve(name, here.resolv_conf)[0] for name in names}
    return node_names.of_answers(answers, nodes)


def _host_ports(here: Here, found: Sequence[Pod]) -> Iterator[Finding]:
    places = host_ports.places(found)
    if not places and (own := here.environment.get("HOST_IP")):
        places = [Address(own, here.outgoing_port)]
    if places:
        answers = {each: network.answers(each.host, each.port) for each in places}
        yield host_ports.finding(answers, here.in_pod)


def _failed(about: str, error: ClewError | OSError, advice: str) -> Finding:
    if isinstance(error, ClewError):
        return problem(about, error.message, error.hint or advice)
    return problem(about, str(error), advice)

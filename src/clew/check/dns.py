"""Names in a cluster: resolv.conf, the resolver's answer, and the pods that answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clew.check.finding import Finding, ok, problem, warning
from clew.mesh.namers.k8s.api_object import EndpointSlice

ASKED = "kubernetes.default.svc"
"""The API server's Service, which every cluster has."""
USUAL_DOMAIN = "cluster.local"
SERVICE, NAMESPACE = "kube-dns", "kube-system"
"""CoreDNS is behind it too."""

_DNS_PODS = "kubectl get pods -n kube-system -l k8s-app=kube-dns"


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """What resolv.conf says."""

    servers: tuple[str, ...]
    search: tuple[str, ...]
    ndots: int
    """A name with fewer dots is first looked for in the search domains."""

    @property
    def domain(self) -> str:
        """The cluster's, such as ``cluster.local``; empty when no search domain says it."""
        services = (each for each in self.search if each.startswith("svc."))
        return next(services, "").removeprefix("svc.")


def read_resolv_conf(text: str) -> ResolvConf:
    """The last ``search`` and ``ndots`` count, as for the C library."""
    servers: list[str] = []
    search: list[str] = []
    ndots = 1
    for line in text.splitlines():
        match line.split():
            case ["nameserver", server, *_]:
                servers.append(server)
            case ["search" | "domain", *domains]:
                search = [each.rstrip(".").lower() for each in domains]
            case ["options", *options]:
                for option in options:
                    name, _, value = option.partition(":")
                    if name == "ndots" and value.isdecimal():
                        ndots = int(value)
    return ResolvConf(tuple(servers), tuple(search), ndots)


def of_resolv_conf(conf: ResolvConf) -> Iterator[Finding]:
    """Of a pod's."""
    if not conf.servers:
        yield problem("dns", "resolv.conf names no server", "look at the pod's dnsPolicy")
    elif not conf.domain:
        yield problem(
            "dns",
            f"resolv.conf searches in {' '.join(conf.search) or 'no domain'}, none of a cluster",
            "a pod with hostNetwork needs dnsPolicy: ClusterFirstWithHostNet",
        )
    elif conf.ndots <= ASKED.count("."):
        yield warning(
            "dns",
            f"resolv.conf has ndots:{conf.ndots}, so {ASKED} is first asked for as it is",
            "set ndots:5 in the pod's dnsConfig, or write names with the cluster's domain",
        )
    else:
        yield ok("dns", f"resolv.conf searches in {' '.join(conf.search)} (ndots:{conf.ndots})")
    if conf.domain and conf.domain != USUAL_DOMAIN:
        yield warning(
            "dns",
            f"the cluster's domain is {conf.domain}, not {USUAL_DOMAIN}",
            f"names in linker files that end in .svc.{USUAL_DOMAIN} do not resolve: "
            "end them in .svc (zipkin-collector.default.svc)",
        )


def of_answer(addresses: Sequence[str], why: str) -> Finding:
    """``why`` says why there is no address."""
    if addresses:
        return ok("dns", f"{ASKED} is {', '.join(addresses)}")
    return problem("dns", f"{ASKED} does not resolve: {why}", f"see whether it runs: {_DNS_PODS}")


def of_servers(slices: Sequence[EndpointSlice]) -> Finding:
    """Of the cluster's DNS, from the EndpointSlices of its Service."""
    endpoints = [each for slice in slices for each in slice.endpoints or ()]
    ready = [each for each in endpoints if each.is_ready]
    if ready:
        return ok("dns", f"{len(ready)} of {len(endpoints)} DNS pods of the cluster are ready")
    if endpoints:
        seen = f"none of the cluster's {len(endpoints)} DNS pods is ready"
        return problem("dns", seen, f"see why: {_DNS_PODS}")
    return warning(
        "dns",
        f"the Service {SERVICE} in {NAMESPACE} has no pods",
        f"unless DNS is served in another way, see whether it runs: {_DNS_PODS}",
    )

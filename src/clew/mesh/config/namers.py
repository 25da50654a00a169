"""``namers``: where the addresses of a name are found."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import force_setattr

from clew.mesh.config.section import (
    Amount,
    AtLeastOneItem,
    Count,
    KindSection,
    NotYet,
    Port,
    Positive,
    Rule,
    Section,
)
from clew.mesh.config.tls import ClientTls
from clew.mesh.config.transformers import Transformer
from clew.mesh.config.zookeeper import ZkAddr
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path

_STATUSES = ("passing", "warning", "critical", "maintenance")
HealthStatus = Annotated[str, Rule(lambda s: s in _STATUSES, f"one of {', '.join(_STATUSES)}")]
_MODES = ("default", "stale", "consistent")
Consistency = Annotated[str, Rule(lambda mode: mode in _MODES, f"one of {', '.join(_MODES)}")]

DNS_PORT = 53


def _dns_server(text: str) -> tuple[str, int]:
    """Host and port of a DNS server. Raises ValueError."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(text)), DNS_PORT
    parts = urlsplit(f"//{text}")
    if parts.netloc != text or not re.fullmatch(r"[\w.:-]+", parts.hostname or ""):
        raise ValueError(text)
    return str(parts.hostname), parts.port or DNS_PORT


def _is_dns_server(text: str) -> bool:
    try:
        _dns_server(text)
    except ValueError:
        return False
    return True


def _is_dns_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return text == "." or all(0 < len(label) < 64 for label in labels)


DnsServer = Annotated[str, Rule(_is_dns_server, "a host, or host:port")]
DnsName = Annotated[str, Rule(_is_dns_name, "a DNS name")]


class _Namer(KindSection, frozen=True, kw_only=True):
    """Answers for every path under ``/#`` and its prefix."""

    prefix: Path = Path()
    """``/<kind>`` when the file does not say."""
    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to what this namer binds."""

    def __post_init__(self) -> None:
        if not self.prefix:
            force_setattr(self, "prefix", Path.of(self.kind))

    @property
    def root(self) -> Path:
        """What a dtab writes, ``/#/io.l5d.fs``."""
        return Path.of("#") + self.prefix


class FsNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.fs"):
    """Each file in ``rootDir`` is a service, each line in it ``host port [* weight]``."""

    root_dir: str
    """A directory; relative to where the mesh was started."""


class _KubernetesNamer(_Namer, frozen=True, kw_only=True):
    """Asks the API server; names are lower-cased."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001


class K8sNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s"):
    """``/<namespace>/<port name or number>/<service>``: the ready pods of a service."""

    label_selector: str | None = None
    """A label of services, whose value is a fourth segment; None asks for none."""


class K8sNsNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s.ns"):
    """``/<port name or number>/<service>``: the same in one namespace."""

    env_var: str = "POD_NAMESPACE"
    """The variable of the environment that holds the namespace."""
    label_selector: str | None = None
    """A label of services, whose value is a third segment; None asks for none."""


class K8sExternalNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s.external"):
    """``/<namespace>/<port>/<service>``: the load balancer of a service."""


class ConsulWeight(Section, frozen=True, kw_only=True):
    """What endpoints with a tag count."""

    tag: str
    weight: Amount


class ConsulNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.consul"):
    """``/<dc>/<service>`` of a Consul catalog; ``.local`` is the data centre of the agent. Services
    are lower-cased, and one without endpoints has no name."""

    no_effect: ClassVar = {
        "set_host": "applications see the Host that the client sent",
        "fail_fast": "queries that fail are made again, ever more slowly",
        "fixed_length_streamed_after_kb": "answers are read whole",
        "transfer_metadata": "nothing would use the metadata",
    }

    host: str = "localhost"
    port: Port = 8500
    include_tag: bool = False
    """Whether names are ``/<dc>/<tag>/<service>``."""
    use_health_check: bool = False
    """Whether only endpoints in one of ``healthStatuses`` count."""
    health_statuses: tuple[HealthStatus, ...] = ("passing",)
    token: str = ""
    set_host: bool = False
    consistency_mode: Consistency = "default"
    fail_fast: bool = False
    prefer_service_address: bool = True
    """Whether a service's own address is used where it has one; else the node's is, always."""
    weights: tuple[ConsulWeight, ...] = ()
    """The highest of an endpoint's tags counts; 1.0 without any."""
    fixed_length_streamed_after_kb: Count = msgspec.field(
        default=5120, name="fixedLengthStreamedAfterKB"
    )
    tls: ClientTls | None = None
    """None is plain HTTP."""
    transfer_metadata: bool = False


class DnsSrvNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.dnssrv"):
    """``/<name>`` of SRV records. All of them are endpoints: priorities and weights are not heeded,
    as in Linkerd. Without records there is no such name."""

    refresh_interval_seconds: Positive = 5
    """Between two questions for the same name."""
    dns_hosts: tuple[DnsServer, ...] = ()
    """``host`` or ``host:port`` of DNS servers; none are the system's."""
    domain: DnsName = "."
    """Completes names that do not end with a dot."""

    @property
    def servers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each of ``dnsHosts``."""
        return tuple(map(_dns_server, self.dns_hosts))


class MarathonNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.marathon"):
    """``/<group>/…/<app>`` of Marathon; the first application that a path leads to. Paths are
    lower-cased, and an application without instances has no name. Credentials are those of
    ``DCOS_SERVICE_ACCOUNT_CREDENTIAL``, else ``MARATHON_HTTP_AUTH_CREDENTIAL``."""

    not_yet: ClassVar = {"dst": "use host and port"}

    host: str = "marathon.mesos"
    port: Port = 80
    dst: str | None = None
    uri_prefix: str = ""
    """What ``/v2`` follows, ``/marathon``."""
    ttl_ms: Positive = 5000
    """Between two questions."""
    jitter_ms: Count = 50
    """Up to so much more."""
    use_health_check: bool = False
    """Whether only instances count whose health checks are all well."""
    tls: ClientTls | None = None
    """None is plain HTTP."""


ZkAddrs = Annotated[tuple[ZkAddr, ...], AtLeastOneItem("zkAddrs must name a server of ZooKeeper")]


class ServersetsNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.serversets"):
    """``/<node>/…[:<endpoint>]`` of ZooKeeper: the longest head of a path that is a server set with
    members alive. Weights in ``vector_`` nodes are not heeded."""

    zk_addrs: ZkAddrs


class ZkLeaderNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.zkLeader"):
    """``/<node>/…`` of ZooKeeper: the longest head of a path that is a group with a leader, whose
    data are its address."""

    zk_addrs: ZkAddrs


class RewriteNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.rewrite"):
    """Another name for what ``pattern`` matches; what it leaves of the path is dropped."""

    prefix: Path
    pattern: PathMatcher
    name: str
    """A path with the captures of the pattern in braces, ``/k8s/{ns}/{port}/{svc}``."""


Namer = Annotated[
    FsNamer
    | K8sNamer
    | K8sNsNamer
    | K8sExternalNamer
    | ConsulNamer
    | DnsSrvNamer
    | MarathonNamer
    | ServersetsNamer
    | ZkLeaderNamer
    | RewriteNamer,
    NotYet(
        dict.fromkeys(
            (
                "io.l5d.k8s.istio",
                "io.l5d.curator",
                "io.l5d.rancher",
            ),
            "use io.l5d.fs",
        )
    ),
]

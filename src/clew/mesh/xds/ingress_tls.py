"""Which certificate a client is shown, by the host that it asks for (SNI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.router import Router
from clew.mesh.config.tls import IngressServerTls
from clew.mesh.xds.ingress import ingress_identifiers
from clew.mesh.xds.secrets import file_secret_name


@dataclass(frozen=True, slots=True)
class HostCertificates:
    """Names of SDS secrets."""

    by_host: Mapping[str, str] = field(default_factory=dict)
    """A host may be a wildcard, ``*.example.com``."""
    default: str = ""
    """Of all other hosts; empty for none."""
    refused: frozenset[str] = frozenset()
    """Hosts that are to have a certificate of their own which cannot be used."""


CertificatesBy = Mapping[IngressIdentifier, HostCertificates]


@dataclass(frozen=True, slots=True)
class Chain:
    """Connections that are treated in the same way."""

    hosts: tuple[str, ...]
    """None are all others."""
    secret: str
    """Of the certificate; empty where connections are closed."""


def chains(router: Router, tls: IngressServerTls, certificates: CertificatesBy) -> list[Chain]:
    """One a certificate, so that another one's hosts do not matter to it; then all other hosts.

    Each host is in one chain at most, else Envoy would take none of them.
    """
    found = [certificates[each] for _, each in ingress_identifiers(router)]
    by_host: dict[str, str] = {}
    for each in reversed(found):
        # what the first identifier says of a host counts
        by_host |= {**dict.fromkeys(each.refused, ""), **each.by_host}
    own = tls.key_pair and file_secret_name(tls.key_pair)
    default = own or next((each.default for each in found if each.default), "")
    return [
        *(Chain(tuple(hosts), secret) for secret, hosts in _by_secret(by_host).items()),
        Chain((), default),
    ]


def uses_ingress_tls(router: Router) -> bool:
    """Whether some server shows the certificates of Ingresses."""
    return any(isinstance(server.tls, IngressServerTls) for server in router.servers)


def _by_secret(by_host: Mapping[str, str]) -> dict[str, list[str]]:
    hosts: dict[str, list[str]] = {}
    for host, secret in sorted(by_host.items(), key=lambda item: (item[1], item[0])):
        hosts.setdefault(secret, []).append(host)
    return hosts

"""Which Secrets hold the certificates of the hosts of Ingresses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clew.mesh.namers.k8s.ingresses import Ingress, of_class


@dataclass(frozen=True, slots=True, order=True)
class SecretName:
    """A Secret of a cluster."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"Secret {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Claims:
    """What Ingresses say of certificates."""

    by_host: Mapping[str, SecretName] = field(default_factory=dict)
    """A host may be a wildcard, ``*.example.com``."""
    default: SecretName | None = None
    """Of hosts that are not in ``by_host``."""
    unusable: tuple[str, ...] = ()
    """What is not used, and why."""

    @property
    def secrets(self) -> frozenset[SecretName]:
        """All that are named."""
        return frozenset([*self.by_host.values(), *([self.default] if self.default else [])])


def claims(ingresses: Iterable[Ingress], class_name: str) -> Claims:
    """Of the Ingresses of a class; the first that names a host, or none at all, has it."""
    by_host: dict[str, tuple[Ingress, SecretName]] = {}
    default: SecretName | None = None
    unusable: list[str] = []
    for ingress in of_class(ingresses, class_name):
        for entry in ingress.tls:
            secret = SecretName(ingress.namespace, entry.secret)
            if not entry.hosts:
                default = default or secret
            for host in entry.hosts:
                first, taken = by_host.setdefault(host, (ingress, secret))
                if taken != secret:
                    unusable.append(f"{ingress}: {host} has its certificate of {first} already")
    secrets = {host: secret for host, (_, secret) in by_host.items()}
    return Claims(secrets, default, tuple(unusable))

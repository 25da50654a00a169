"""``tls`` of servers, of the admin port and of clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from clew.mesh.config.section import Conflict, OrWord, Rule, Section

PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
"""From the oldest to the newest."""
SYSTEM = "the system's"
"""Stands for the file with the authorities that the system trusts."""
_CIPHERS = frozenset(
    f"{exchange}{cipher}"
    for exchange, ciphers in {
        "TLS_ECDHE_ECDSA_WITH_": (
            "AES_128_GCM_SHA256",
            "AES_256_GCM_SHA384",
            "CHACHA20_POLY1305_SHA256",
            "AES_128_CBC_SHA",
            "AES_256_CBC_SHA",
        ),
        "TLS_ECDHE_RSA_WITH_": (
            "AES_128_GCM_SHA256",
            "AES_256_GCM_SHA384",
            "CHACHA20_POLY1305_SHA256",
            "AES_128_CBC_SHA",
            "AES_256_CBC_SHA",
        ),
        "TLS_RSA_WITH_": (
            "AES_128_GCM_SHA256",
            "AES_256_GCM_SHA384",
            "AES_128_CBC_SHA",
            "AES_256_CBC_SHA",
        ),
    }.items()
    for cipher in ciphers
)

Protocol = Annotated[str, Rule(PROTOCOLS.__contains__, f"one of {', '.join(PROTOCOLS)}")]
Cipher = Annotated[
    str,
    Rule(
        _CIPHERS.__contains__,
        "a cipher of TLS 1.2 that Envoy has, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
]


@dataclass(frozen=True, slots=True, order=True)
class KeyPair:
    """Files of a certificate and its key."""

    cert: str
    key: str
    intermediates: str | None = None
    """What leads from the certificate to its authority; None when nothing is between."""

    @property
    def files(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(path for path in (self.cert, self.intermediates, self.key) if path)


@dataclass(frozen=True, slots=True, order=True)
class Authorities:
    """Files of who is trusted."""

    files: tuple[str, ...] = (SYSTEM,)


Certificate = KeyPair | Authorities


class ServerTls(Section, frozen=True, kw_only=True):
    """How a listener proves who it is."""

    elsewhere: ClassVar = {
        "serverCaChainPath": "Linkerd later called it intermediateCertsPath",
        "kind": "of a router's server it is auto or ingress, of its client auto",
    }

    cert_path: str
    """File with the certificate, PEM."""
    key_path: str
    """File with the private key, PEM (PKCS#8)."""
    intermediate_certs_path: str | None = None
    ca_cert_path: str | None = None
    """File with the authorities that client certificates are checked against."""
    require_client_auth: bool = False
    protocols: tuple[Protocol, ...] = ()
    """From the oldest to the newest of these; none are TLSv1.2 and TLSv1.3."""
    ciphers: tuple[Cipher, ...] = ()
    """For TLSv1.2; none are Envoy's."""

    @property
    def key_pair(self) -> KeyPair:
        """What the listener shows."""
        return KeyPair(self.cert_path, self.key_path, self.intermediate_certs_path)

    @property
    def authorities(self) -> Authorities | None:
        """Who must have signed a client's certificate; None asks for none."""
        if self.ca_cert_path is not None:
            return Authorities((self.ca_cert_path,))
        return Authorities() if self.require_client_auth else None

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All that is read."""
        return (self.key_pair, *([] if self.authorities is None else [self.authorities]))


class AutoServerTls(Section, frozen=True, kw_only=True, tag_field="kind", tag="auto"):
    """Of a router's server, ``tls: auto`` for short: by certificates of ``authority``, which meshes
    have by themselves. Whoever shows no such certificate is refused. [How it works](tls.md)."""

    permissive: bool = False
    """Whether plain text is accepted on the port too."""


class IngressServerTls(Section, frozen=True, kw_only=True, tag_field="kind", tag="ingress"):
    """Of a server whose router has ``io.l5d.ingress``, ``tls: ingress`` for short: each host has
    the certificate of the Secret that an Ingress names. [How it works](kubernetes.md#by-tls)."""

    cert_path: str | None = None
    """File with the certificate for hosts of which no Ingress names one, PEM. None is that of an
    Ingress whose ``tls`` names no hosts; without one such hosts are refused."""
    key_path: str | None = None
    """File with its private key, PEM (PKCS#8)."""
    intermediate_certs_path: str | None = None
    protocols: tuple[Protocol, ...] = ()
    """From the oldest to the newest of these; none are TLSv1.2 and TLSv1.3."""
    ciphers: tuple[Cipher, ...] = ()
    """For TLSv1.2; none are Envoy's."""

    @property
    def key_pair(self) -> KeyPair | None:
        """What is shown for other hosts, where files hold it."""
        if self.cert_path is None or self.key_path is None:
            return None
        return KeyPair(self.cert_path, self.key_path, self.intermediate_certs_path)

    def conflicts(self) -> Iterator[Conflict]:
        if (self.cert_path is None) != (self.key_path is None):
            yield Conflict(self, "", "certPath and keyPath go together")


class ClientAuth(Section, frozen=True, kw_only=True):
    """The certificate that a client shows."""

    cert_path: str
    key_path: str
    intermediate_certs_path: str | None = None

    @property
    def key_pair(self) -> KeyPair:
        """What the client shows."""
        return KeyPair(self.cert_path, self.key_path, self.intermediate_certs_path)


class ClientTls(Section, frozen=True, kw_only=True):
    """How a client checks whom it talks to."""

    elsewhere: ClassVar = {
        "kind": "since Linkerd 1.0 commonName says whom to trust, or disableValidation",
        "caCertPath": "since Linkerd 1.0 it is trustCertsBundle",
        "names": "since Linkerd 1.0 each is an entry of client.configs with its prefix",
        "strict": "since Linkerd 1.0 what no prefix of client.configs matches is plain text",
    }

    enabled: bool = True
    """False is plain text, whatever other prefixes say."""
    common_name: str | None = None
    """The name that is asked for (SNI) and must be in the certificate; may hold captures."""
    disable_validation: bool = False
    trust_certs_bundle: str | None = None
    """File with the trusted authorities; None trusts the system's."""
    trust_certs: tuple[str, ...] = ()
    """The older form of ``trust_certs_bundle``: one file each."""
    client_auth: ClientAuth | None = None
    protocols: tuple[Protocol, ...] = ()
    """From the oldest to the newest of these; none are TLSv1.2 and TLSv1.3."""

    @property
    def authorities(self) -> Authorities | None:
        """Who must have signed the other's certificate; None trusts anyone."""
        if self.disable_validation:
            return None
        if self.trust_certs_bundle is not None:
            return Authorities((self.trust_certs_bundle,))
        return Authorities(self.trust_certs) if self.trust_certs else Authorities()

    @property
    def key_pair(self) -> KeyPair | None:
        """What the client shows, if it does."""
        return None if self.client_auth is None else self.client_auth.key_pair

    def conflicts(self) -> Iterator[Conflict]:
        validated = self.enabled and not self.disable_validation
        if validated and self.common_name is None:
            yield Conflict(
                self, "", "tls is configured with validation but `commonName` is not set"
            )
        if self.trust_certs and self.trust_certs_bundle is not None:
            yield Conflict(
                self, "trust_certs", "trustCerts and trustCertsBundle exclude each other"
            )
        if self.disable_validation and self.client_auth is not None:
            yield Conflict(
                self, "client_auth", "disableValidation: true is incompatible with clientAuth"
            )


class AutoClientTls(Section, frozen=True, kw_only=True, tag_field="kind", tag="auto"):
    """Of a router's client, ``tls: auto`` for short: to servers of meshes that have ``tls: auto``
    too. Whoever else answers is not talked to. [How it works](tls.md)."""


AnyServerTls = Annotated[ServerTls | AutoServerTls | IngressServerTls, OrWord()]
AnyClientTls = Annotated[ClientTls | AutoClientTls, OrWord()]

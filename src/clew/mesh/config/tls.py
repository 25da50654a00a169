"""``tls`` of servers, of the admin port and of clients."""

from __future__ import annotations

from collections.abc import Iterator

from clew.mesh.config.section import Conflict, Section


class ServerTls(Section, frozen=True, kw_only=True):
    """How a listener proves who it is."""

    cert_path: str
    """File with the certificate, PEM."""
    key_path: str
    """File with the private key, PEM (PKCS#8)."""
    intermediate_certs_path: str | None = None
    ca_cert_path: str | None = None
    """File with the authorities that client certificates are checked against."""
    require_client_auth: bool = False
    protocols: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()


class ClientAuth(Section, frozen=True, kw_only=True):
    """The certificate that a client shows."""

    cert_path: str
    key_path: str
    intermediate_certs_path: str | None = None


class ClientTls(Section, frozen=True, kw_only=True):
    """How a client checks whom it talks to."""

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
    protocols: tuple[str, ...] = ()

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
